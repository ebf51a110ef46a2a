#include "CFuzzer.h"

// libFuzzer's library has a main of its own, which is linked and not run, and asks for this.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  (void)bytes;
  (void)count;
  return -1;
}
