#ifndef CDASHBOARD_H
#define CDASHBOARD_H

#include <stddef.h>

/// One file of the dashboard as it lies in `site/`, compiled into the program.
typedef struct {
  /// From the folder `site`: `js/main.js`.
  const char *_Nonnull path;
  const unsigned char *_Nonnull bytes;
  size_t count;
} DashboardFile;

/// File number `index`, from 0; `NULL` behind the last.
const DashboardFile *_Nullable dashboard_file(size_t index);

#endif
