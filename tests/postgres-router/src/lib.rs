//! The router over a real PostgreSQL: see the tests, the example `telemetry-api`, and the benchmark `overhead`.
