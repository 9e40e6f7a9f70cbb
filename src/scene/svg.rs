//! Marks as a text of SVG: the picture that stands in the page before any program has come, and in files.

use std::fmt::Write as _;

use super::flight::{Flight, LOOKS, Outline};
use super::mark::{Mark, Pane, Shape, unit};

/// A text as it stands in XML, also within quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn number(value: f32) -> String {
    unit(f64::from(value))
}

/// A pane with the messages that are under way in it at a moment, named for those who do not see it.
#[must_use]
pub fn svg(pane: &Pane, flights: &[Flight], now: u64, label: &str) -> String {
    let label = escaped(label);
    let mut out = format!("<svg class=\"stage\" viewBox=\"{}\" role=\"img\" aria-label=\"{label}\">", pane.view_box());
    pane.marks.iter().for_each(|one| mark(one, &mut out));
    for (look, class) in LOOKS.iter().enumerate() {
        let drawn: Vec<&Flight> = flights.iter().filter(|f| usize::from(f.look) == look && f.is_under_way(now)).collect();
        if drawn.is_empty() {
            continue;
        }
        let _ = write!(out, "<g class=\"{class}\">");
        for flight in drawn {
            let (x, y) = flight.at(now);
            let _ = write!(out, "<path class=\"shape\" d=\"{}\"/>", outline(flight.outline, (x, y)));
            let _ = write!(out, "<text x=\"{}\" y=\"{}\">{}</text>", unit(x), unit(y + 4.5), escaped(&flight.text));
        }
        out += "</g>";
    }
    out + "</svg>"
}

/// The outline of a message around a place.
#[must_use]
pub fn outline(outline: Outline, (x, y): (f64, f64)) -> String {
    let from = |x: f64, y: f64| format!("M{} {}", unit(x), unit(y));
    match outline {
        Outline::Diamond(half) => format!("{}l{half} {half}l-{half} {half}l-{half}-{half}z", from(x, y - f64::from(half))),
        Outline::Box(w, h) => {
            format!("{}h{}v{}h-{}z", from(x - f64::from(w), y - f64::from(h)), 2 * w, 2 * h, 2 * w)
        }
        Outline::Pointed(w, h) => {
            let flat = 2 * w.saturating_sub(6);
            format!("{}l6-{h}h{flat}l6 {h}l-6 {h}h-{flat}z", from(x - f64::from(w), y))
        }
        Outline::Leaning(w, h) => {
            let flat = 2 * w.saturating_sub(4);
            format!("{}h{flat}l-8 {}h-{flat}z", from(x - f64::from(w) + 8.0, y - f64::from(h)), 2 * h)
        }
        Outline::Round(r) => {
            let turn = format!("a{r} {r} 0 1 0 ");
            format!("{}{turn}{} 0{turn}-{} 0z", from(x - f64::from(r), y), 2 * r, 2 * r)
        }
    }
}

fn mark(mark: &Mark, out: &mut String) {
    let class = if mark.class.is_empty() { String::new() } else { format!(" class=\"{}\"", escaped(&mark.class)) };
    let at = mark.at.map_or(String::new(), |(x, y)| format!(" transform=\"translate({} {})\"", number(x), number(y)));
    let _ = write!(out, "<g{class}{at}>");
    for one in &mark.shapes {
        shape(one, out);
    }
    for inner in &mark.marks {
        self::mark(inner, out);
    }
    *out += "</g>";
}

fn shape(shape: &Shape, out: &mut String) {
    let class = |class: &str| if class.is_empty() { String::new() } else { format!(" class=\"{}\"", escaped(class)) };
    let _ = match shape {
        Shape::Rect(name, [x, y, w, h, round]) => write!(
            out,
            "<rect{} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            class(name),
            number(*x),
            number(*y),
            number(*w),
            number(*h),
            number(*round)
        ),
        Shape::Circle(name, [x, y, r], share) => write!(
            out,
            "<circle{} cx=\"{}\" cy=\"{}\" r=\"{}\" pathLength=\"1000\" stroke-dasharray=\"{share} 1000\"/>",
            class(name),
            number(*x),
            number(*y),
            number(*r)
        ),
        Shape::Path(name, path) => write!(out, "<path{} d=\"{}\"/>", class(name), escaped(path)),
        Shape::Text(name, (x, y), text) => {
            write!(out, "<text{} x=\"{}\" y=\"{}\">{}</text>", class(name), number(*x), number(*y), escaped(text))
        }
        // Nothing is lit in a picture that nobody points at.
        Shape::Lights { .. } => Ok(()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_break_out_of_its_place() {
        let pane = Pane::new((10.0, 5.0), [Mark::new(0, "a\"b").text("", (1.0, 2.0), "<x>&")]);
        assert_eq!(
            svg(&pane, &[], 0, "\"<"),
            "<svg class=\"stage\" viewBox=\"0 0 10 5\" role=\"img\" aria-label=\"&quot;&lt;\"><g class=\"a&quot;b\"><text x=\"1\" y=\"2\">&lt;x&gt;&amp;</text></g></svg>"
        );
    }

    #[test]
    fn outlines_stand_around_their_places() {
        assert_eq!(outline(Outline::Box(6, 5), (10.0, 20.0)), "M4 15h12v10h-12z");
        assert_eq!(outline(Outline::Round(5), (10.0, 20.0)), "M5 20a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z");
        assert_eq!(outline(Outline::Diamond(11), (0.0, 0.0)), "M0 -11l11 11l-11 11l-11-11z");
        assert_eq!(outline(Outline::Pointed(15, 13), (15.0, 13.0)), "M0 13l6-13h18l6 13l-6 13h-18z");
        assert_eq!(outline(Outline::Leaning(15, 13), (15.0, 13.0)), "M8 0h22l-8 26h-22z");
    }
}
