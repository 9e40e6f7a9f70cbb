//! Replicated types: the laws of all of them, golden stories of each, mutants that the laws catch, text, and data from strangers.
#![cfg(not(target_arch = "wasm32"))]

#[path = "crdt/agreement.rs"]
mod agreement;
#[path = "crdt/broadcast.rs"]
mod broadcast;
#[path = "crdt/golden.rs"]
mod golden;
#[path = "crdt/hostile.rs"]
mod hostile;
#[path = "crdt/laws.rs"]
mod laws;
#[path = "crdt/mutants.rs"]
mod mutants;
#[path = "crdt/players.rs"]
mod players;
#[path = "crdt/roles.rs"]
mod roles;
#[path = "crdt/subjects.rs"]
mod subjects;
#[path = "crdt/subjects_of_maps.rs"]
mod subjects_of_maps;
#[path = "crdt/subjects_of_sequences.rs"]
mod subjects_of_sequences;
#[path = "crdt/text.rs"]
mod text;

/// How many random histories each type is tried on.
const SEEDS: u64 = 300;
