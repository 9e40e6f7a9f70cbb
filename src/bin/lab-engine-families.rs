//! The engine with all families: the page starts it when a scenario asks for one that `lab-engine` leaves out.

replicated_telemetry_store::browser_program!(engine);
