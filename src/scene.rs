//! What is drawn and said, as plain data: marks, messages under way, and sentences whose nouns lead to what they name.
//!
//! A family of replication emits these; the page interpolates and draws them, and knows no family. Geometry and numbers come from
//! [`crate::view`], which stays a pure function of a run and a moment.

mod chart;
mod flight;
mod flights;
mod leaders;
mod legend;
mod logs;
mod map;
mod mark;
mod nodes;
mod prose;
mod spacetime;
mod staleness;
mod strip;
mod svg;
mod target;
mod token_ring;

pub use chart::chart;
pub use flight::{Flight, LIT, LOOKS, Outline, Size};
pub use flights::{Scene, under_way};
pub use leaders::leaders;
pub use legend::{Sample, legend};
pub use logs::logs;
pub use map::map;
pub use mark::{Choice, Class, Mark, Pane, Shape, unit};
pub use nodes::nodes;
pub use prose::{Piece, about_ops, plain, prose};
pub use spacetime::{Diagram, Path, diagram, window};
pub use staleness::{Staleness, staleness};
pub use strip::strip;
pub(crate) use svg::escaped;
pub use svg::{outline, svg};
pub use target::{Target, meet};
pub use token_ring::token_ring;

/// The width of a diagram and where its axis of time begins, on a wide page and on a narrow one.
pub const AXES: [(f64, f64); 2] = [(1_000.0, 110.0), (380.0, 84.0)];
/// What is left free on the right of an axis of time.
pub const AXIS_END: f64 = 8.0;
