//! Replicated types: the laws of all of them, golden stories of each, mutants that the laws catch, text, and data from strangers.

mod agreement;
mod broadcast;
mod golden;
mod hostile;
mod laws;
mod mutants;
mod players;
mod roles;
mod subjects;
mod subjects_of_maps;
mod subjects_of_sequences;
mod text;

/// How many random histories each type is tried on.
const SEEDS: u64 = 300;
