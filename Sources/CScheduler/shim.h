// sched_getattr(2) and sched_setattr(2), which C libraries have had a name for since glibc 2.41 only, and Swift cannot
// call by their number. The kernel takes the first version of the structure as well as later ones.
#pragma once
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct zion_sched_attr {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

static inline int zion_sched_getattr(struct zion_sched_attr *attributes) {
  return (int)syscall(SYS_sched_getattr, 0, attributes, sizeof *attributes, 0);
}

static inline int zion_sched_setattr(struct zion_sched_attr *attributes) {
  attributes->size = sizeof *attributes;
  return (int)syscall(SYS_sched_setattr, 0, attributes, 0);
}
