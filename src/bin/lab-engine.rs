//! The program that the page starts as a worker at once: it runs scenarios of the first family, and says what is to be drawn and read.

replicated_telemetry_store::browser_program!(engine);
