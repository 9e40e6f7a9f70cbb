//! The program that the page starts as a worker when the first question that takes many runs is asked.

replicated_telemetry_store::browser_program!(experiments);
