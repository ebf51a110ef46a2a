// libFuzzer's own entry, of which no header tells. Source: llvm, compiler-rt/lib/fuzzer/FuzzerDriver.cpp.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run)(const uint8_t *bytes, size_t count));
