import Testing

/// Tests that fill a core, one at a time: beside them, tests of other suites that wait for something get their turn.
@Suite(.serialized) enum HeavyHashes {}
