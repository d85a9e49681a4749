//! d4rl
