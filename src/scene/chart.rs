//! A chart of one series as marks: a line through the points, each with its value. The table beside it has the same numbers for those who
//! do not see it.

use std::fmt::Write as _;

use super::mark::{Mark, Pane, Shape, small, unit};
use crate::sheet::Chart;

const WIDTH: f64 = 600.0;
/// The base line, and how far above it the largest value lies.
const BASE: f64 = 110.0;
const RISE: f64 = 80.0;

/// The chart.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "drawing")]
pub fn chart(chart: &Chart) -> Pane {
    let top = chart.points.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1) as f64;
    let count = chart.points.len().max(1) as f64;
    let mut path = String::new();
    let mut points = Mark::new(1, "");
    for (index, (name, value)) in chart.points.iter().enumerate() {
        let (x, y) = (WIDTH / 2.0 * (2.0 * index as f64 + 1.0) / count, BASE - RISE * *value as f64 / top);
        let _ = write!(path, "{}{} {}", if index == 0 { "M" } else { "L" }, unit(x), unit(y));
        let said = format!("{}.{} {}", value / 1_000, value % 1_000 / 100, chart.unit);
        points = points.shape(Shape::Circle("".into(), [small(x), small(y), 3.5], 1_000)).text("", (x, y - 8.0), said).text(
            "tick",
            (x, 130.0),
            name.clone(),
        );
    }
    let line = Mark::new(0, "").path("base", format!("M0 {BASE}H{WIDTH}")).path("line", path);
    Pane::new((WIDTH, 136.0), [line, points])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_is_highest_and_every_point_says_what_it_is() {
        let drawn =
            chart(&Chart { caption: "Cost".into(), unit: "s".into(), points: vec![("100 ms".into(), 5), ("1 s".into(), 2_500)] });
        let Shape::Path(_, line) = &drawn.marks[0].shapes[1] else { panic!("{drawn:?}") };
        assert_eq!(line, "M150 109.8L450 30");
        let said: Vec<&str> = drawn.marks[1]
            .shapes
            .iter()
            .filter_map(|shape| if let Shape::Text(_, _, text) = shape { Some(&**text) } else { None })
            .collect();
        assert_eq!(said, ["0.0 s", "100 ms", "2.5 s", "1 s"]);
    }
}
