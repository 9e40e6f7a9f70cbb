//! What of a sheet is only looked at, as HTML: made where the sheet is made, so that the page needs no code for it.
//!
//! Whatever comes from a scenario or from a recorded history passes through [`escaped`].

use std::fmt::Write as _;

use super::{Chart, Mark, Span, Strip, Table};

/// A text as it stands in HTML, also within quotes; white space becomes plain spaces, so that it stays within its line.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// An element that holds a text.
pub(super) fn plain(tag: &str, text: &str) -> String {
    format!("<{tag}>{}</{tag}>", escaped(text))
}

/// A table that can be scrolled by the keyboard too.
pub(super) fn table(table: &Table) -> String {
    let caption = escaped(&table.caption);
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table><caption>{caption}</caption><thead><tr>"
    );
    for head in &table.head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(head));
    }
    out += "</tr></thead><tbody>";
    for row in &table.rows {
        out += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            let (open, close) = match cell.mark {
                _ if column == 0 => ("th scope=\"row\"", "th"),
                Mark::Plain => ("td", "td"),
                Mark::Good => ("td class=\"good\"", "td"),
                Mark::Bad => ("td class=\"bad\"", "td"),
            };
            let _ = write!(out, "<{open}>{}</{close}>", escaped(&cell.text));
        }
        out += "</tr>";
    }
    out + "</tbody></table></div>"
}

/// A line through the points, each with its value; the table beside it has the same numbers for those who do not see it.
pub(super) fn chart(chart: &Chart) -> String {
    let top = chart.points.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let count = chart.points.len().max(1) as u64;
    let (mut path, mut marks) = (String::new(), String::new());
    for (index, (name, value)) in (0_u64..).zip(&chart.points) {
        let (x, y) = (300 * (2 * index + 1) / count, 110 - 80 * value / top);
        let _ = write!(path, "{}{x} {y}", if index == 0 { "M" } else { "L" });
        let _ = write!(
            marks,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"3.5\"/><text x=\"{x}\" y=\"{}\">{}.{} {}</text><text class=\"tick\" x=\"{x}\" y=\"130\">{}</text>",
            y - 8,
            value / 1_000,
            value % 1_000 / 100,
            escaped(&chart.unit),
            escaped(name)
        );
    }
    format!(
        "<figure class=\"chart\"><figcaption>{0}</figcaption><div class=\"scroll\" tabindex=\"0\" role=\"img\" aria-label=\"{0}; the table has the numbers\">\
         <svg viewBox=\"0 0 600 136\" aria-hidden=\"true\"><path class=\"base\" d=\"M0 110H600\"/><path class=\"line\" d=\"{path}\"/>{marks}</svg></div></figure>",
        escaped(&chart.caption)
    )
}

/// Where the two runs lie in a client's lane, and how much room there is above all lanes.
const ROWS: [u64; 2] = [24, 40];
const TOP: u64 = 20;

/// The operations of a strip: each client's in one run above those in the other. The axis of time begins at `left` and ends at
/// `width - 8`, as in all diagrams of the page.
pub(super) fn strip(strip: &Strip, (width, left): (u64, u64)) -> String {
    let alone = strip.sides[1].is_empty();
    let lane = if alone { ROWS[1] } else { ROWS[1] + 8 };
    let height = TOP + lane * strip.lanes.len() as u64;
    let end = width - 8;
    // In tenths of a pixel; a record from elsewhere may count in nanoseconds.
    let x = |at: u64| {
        let along = u128::from(end - left) * 10 * u128::from(at.min(strip.until)) / u128::from(strip.until.max(1));
        left * 10 + u64::try_from(along).unwrap_or(0)
    };
    let mut out = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">", escaped(&strip.caption));
    if let Some(at) = strip.mark {
        let (place, late) = (x(at), x(at) > 7 * end);
        let text = if late { place - 50 } else { place + 50 };
        let class = if late { "side" } else { "first" };
        let _ = write!(
            out,
            "<path class=\"parting\" d=\"M{} 0V{height}\"/><text class=\"{class}\" x=\"{}\" y=\"12\">first difference</text>",
            pixels(place),
            pixels(text)
        );
    }
    for (n, (name, spans)) in (0_u64..).zip(&strip.lanes) {
        let top = TOP + lane * n;
        let _ = write!(out, "<text class=\"name\" x=\"4\" y=\"{}\">{}</text>", top + 12, escaped(name));
        for (row, side) in ROWS.iter().zip(&strip.sides).take(if alone { 1 } else { 2 }) {
            let short = escaped(side.split('-').next().unwrap_or_default());
            let (y, place) = (top + row, left - 6);
            let _ = write!(
                out,
                "<path class=\"base\" d=\"M{left} {y}H{end}\"/><text class=\"side\" x=\"{place}\" y=\"{}\">{short}</text>",
                y + 4
            );
        }
        for s in spans {
            span(s, (x(s.from), x(s.to)), top + ROWS[s.side.min(1)], &mut out);
        }
    }
    out + "</svg>"
}

fn span(s: &Span, (from, to): (u64, u64), y: u64, out: &mut String) {
    let kind = match s.kind {
        'w' => "write",
        'r' => "read",
        'x' => "rejected",
        _ => "indeterminate",
    };
    let (to, stale) = (to.max(from + 30), if s.stale { " anomaly" } else { "" });
    let same = if s.same { " same" } else { "" };
    let (sign, words) = match s.kind {
        _ if s.stale => ("◆", ", stale"),
        'x' | '?' => ("✕", ""),
        _ if s.waited => ("‖", ", waited"),
        _ => ("", ""),
    };
    // Six pixels for each letter, and some air.
    let fits = (to - from) / 10 > 6 * s.label.chars().count() as u64 + 6;
    let _ = write!(
        out,
        "<g class=\"bar {kind}{stale}{same}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\" rx=\"3\"/><title>{}{words}</title>\
         <text x=\"{}\" y=\"{}\">{sign}</text><text class=\"took\" x=\"{}\" y=\"{}\">{}</text></g>",
        pixels(from),
        y - 6,
        pixels(to - from),
        escaped(&s.told),
        pixels(to + 20),
        y + 5,
        pixels(u64::midpoint(from, to)),
        y + 4,
        if fits { escaped(&s.label) } else { String::new() }
    );
}

/// Tenths of a pixel as pixels.
fn pixels(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
