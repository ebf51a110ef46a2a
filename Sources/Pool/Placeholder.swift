enum PoolPlaceholder {}
