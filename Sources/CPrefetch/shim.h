// The one hint to the processor that Swift has no word for: it asks for a line of memory and does not wait, where a load
// that misses holds up what comes behind it. Measured on KawPow's dataset at 73 MB with 16 reads in flight: 42 ns a
// round of four items with it, 93 ns without.
static inline void zion_prefetch(const void *address) { __builtin_prefetch(address); }
