//! Replicated data you can watch, check and replay.
