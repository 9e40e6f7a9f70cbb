//! The operations of two runs on one axis of time, as marks: each client's in one run above those in the other.

use super::mark::{Mark, Pane, unit};
use super::{AXES, AXIS_END};
use crate::sheet::{Span, Strip};

/// Where the two runs lie in a client's lane, and how much room there is above all lanes.
const ROWS: [f64; 2] = [24.0, 40.0];
const TOP: f64 = 20.0;

/// The strip for a wide or a narrow page. Its axis of time is that of all diagrams.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "drawing")]
pub fn strip(strip: &Strip, narrow: bool) -> Pane {
    let (width, left) = AXES[usize::from(narrow)];
    let alone = strip.sides[1].is_empty();
    let lane = if alone { ROWS[1] } else { ROWS[1] + 8.0 };
    let height = TOP + lane * strip.lanes.len() as f64;
    let end = width - AXIS_END;
    let x = |at: u64| left + (end - left) * at.min(strip.until) as f64 / strip.until.max(1) as f64;
    let mut marks = Vec::new();
    if let Some(at) = strip.mark {
        let place = x(at);
        let late = place > 0.7 * end;
        let (class, text) = if late { ("side", place - 5.0) } else { ("first", place + 5.0) };
        let parting = Mark::new(0, "").path("parting", format!("M{} 0V{}", unit(place), unit(height)));
        marks.push(parting.text(class, (text, 12.0), "first difference"));
    }
    for (n, (name, spans)) in (0_u32..).zip(&strip.lanes) {
        let top = TOP + lane * f64::from(n);
        let mut client = Mark::new(n + 1, "").text("name", (4.0, top + 12.0), name.clone());
        for (row, side) in ROWS.iter().zip(&strip.sides).take(if alone { 1 } else { 2 }) {
            let short = side.split('-').next().unwrap_or_default();
            let y = top + row;
            client = client.path("base", format!("M{} {}H{}", unit(left), unit(y), unit(end))).text(
                "side",
                (left - 6.0, y + 4.0),
                short,
            );
        }
        let bars = spans.iter().map(|s| span(s, (x(s.from), x(s.to)), top + ROWS[s.side.min(1)]));
        marks.push(client.with(bars));
    }
    Pane::new((width, height), marks)
}

#[expect(clippy::cast_precision_loss, reason = "a short text")]
fn span(s: &Span, (from, to): (f64, f64), y: f64) -> Mark {
    let kind = match s.kind {
        'w' => "bar write",
        'r' => "bar read",
        'x' => "bar rejected",
        _ => "bar indeterminate",
    };
    let (to, stale) = (to.max(from + 3.0), if s.stale { " anomaly" } else { "" });
    let same = if s.same { " same" } else { "" };
    let (sign, words) = match s.kind {
        _ if s.stale => ("◆", ", stale"),
        'x' | '?' => ("✕", ""),
        _ if s.waited => ("‖", ", waited"),
        _ => ("", ""),
    };
    // Six pixels for each letter, and some air.
    let fits = to - from > 6.0 * s.label.chars().count() as f64 + 6.0;
    Mark::new(2 * s.op + u32::from(s.side == 1), format!("{kind}{stale}{same}"))
        .rect("", [from, y - 6.0, to - from, 12.0, 3.0])
        .text("", (to + 2.0, y + 5.0), sign)
        .text("took", (f64::midpoint(from, to), y + 4.0), if fits { s.label.as_str() } else { "" })
        .titled(format!("{}{words}", s.told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stand_in_the_row_of_their_run_and_say_what_they_were() {
        let span = |side: usize, stale: bool| Span {
            side,
            op: 4,
            from: 0,
            to: 50,
            kind: 'r',
            stale,
            same: !stale,
            waited: true,
            label: "r 1".into(),
            told: "a <read>".into(),
        };
        let both = Strip {
            caption: "Both".into(),
            sides: ["leader".into(), "any-follower".into()],
            until: 100,
            mark: Some(90),
            lanes: vec![("a".into(), vec![span(0, false), span(1, true)]), ("b".into(), Vec::new())],
        };
        for (narrow, width) in [(false, 1_000.0), (true, 380.0)] {
            let pane = strip(&both, narrow);
            assert_eq!((pane.width, pane.height), (width, 116.0));
            let bars = &pane.marks[1].marks;
            assert_eq!(bars.iter().map(|bar| &*bar.class).collect::<Vec<_>>(), ["bar read same", "bar read anomaly"]);
            assert_eq!(bars.iter().map(|bar| &*bar.title).collect::<Vec<_>>(), ["a <read>, waited", "a <read>, stale"]);
            assert_ne!(bars[0].key, bars[1].key);
        }
    }
}
