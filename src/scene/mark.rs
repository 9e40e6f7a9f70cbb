//! Marks: what a family of replication wants to have drawn, as plain data.
//!
//! A mark is a group of shapes at a place, with what it is about, what it says to those who point at it, and, if it can be chosen, its
//! accessible name. A pane is a drawing made of marks. The page draws marks as SVG and knows no family; natively the same marks become
//! files ([`super::svg`]).

use std::borrow::Cow;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::target::Target;

/// The name of a look, as the style sheet has it.
pub type Class = Cow<'static, str>;

/// A drawing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pane {
    /// Its width, in units of its own.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// What is drawn, the lowest first.
    pub marks: Vec<Rc<Mark>>,
    /// The outline within which messages under way are drawn; empty if they may be drawn everywhere.
    pub clip: String,
}

/// Shapes that belong together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// What makes it the same mark among its neighbours when others come and go.
    pub key: u32,
    /// How it looks.
    pub class: Class,
    /// Where it is, if its shapes are drawn around a place.
    pub at: Option<(f32, f32)>,
    /// What is drawn, the lowest first.
    pub shapes: Vec<Shape>,
    /// Marks in front of the shapes.
    pub marks: Vec<Rc<Mark>>,
    /// What it is about.
    pub about: Vec<Target>,
    /// What lights up when it is pointed at.
    pub lights: Vec<Target>,
    /// What it says to those who point at it.
    pub title: String,
    /// What makes it a node that can be chosen.
    pub choice: Option<Choice>,
}

/// What makes a mark a control: a transparent plate in front of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The number of the node.
    pub node: u16,
    /// What the drawing shows, in words.
    pub label: String,
    /// The size of the plate, and the radius of its corners.
    pub size: (f32, f32, f32),
}

/// A shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A rectangle: left, top, width, height, and the radius of its corners.
    Rect(Class, [f32; 5]),
    /// A circle: the middle, the radius, and how much of its outline is drawn, in thousandths.
    Circle(Class, [f32; 3], u16),
    /// An outline, as SVG writes it.
    Path(Class, String),
    /// A text, at the place that its class says it is anchored to.
    Text(Class, (f32, f32), String),
    /// Frames of those cells of a row that are lit: the row's group, its first entry and how many stand in each cell; how many cells there
    /// are, the left edge and the pitch of them; top, width and height of each.
    Lights {
        /// The group whose log it is.
        group: u16,
        /// The first entry of the first cell.
        first: u64,
        /// How many entries stand in one cell.
        scale: u64,
        /// How many cells there are.
        count: u32,
        /// The left edge of the first cell, and the distance between two.
        left: (f32, f32),
        /// The top, the width and the height of each.
        cell: (f32, f32, f32),
    },
}

impl Pane {
    /// A drawing of this size.
    #[must_use]
    pub fn new((width, height): (f64, f64), marks: impl IntoIterator<Item = Mark>) -> Pane {
        let marks = marks.into_iter().map(Rc::new).collect();
        Pane { width: small(width), height: small(height), marks, clip: String::new() }
    }

    /// Its coordinates, as SVG writes them.
    #[must_use]
    pub fn view_box(&self) -> String {
        format!("0 0 {} {}", unit(f64::from(self.width)), unit(f64::from(self.height)))
    }
}

impl Mark {
    /// A mark without shapes.
    #[must_use]
    pub fn new(key: u32, class: impl Into<Class>) -> Mark {
        Mark { key, class: class.into(), ..Mark::default() }
    }

    /// Drawn around this place.
    #[must_use]
    pub fn at(self, x: f64, y: f64) -> Mark {
        Mark { at: Some((small(x), small(y))), ..self }
    }

    /// With a shape in front of the others.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Mark {
        self.shapes.push(shape);
        self
    }

    /// With a rectangle: left, top, width, height, radius of the corners.
    #[must_use]
    pub fn rect(self, class: impl Into<Class>, [x, y, w, h, round]: [f64; 5]) -> Mark {
        self.shape(Shape::Rect(class.into(), [small(x), small(y), small(w), small(h), small(round)]))
    }

    /// With a whole circle: the middle and the radius.
    #[must_use]
    pub fn circle(self, class: impl Into<Class>, [x, y, r]: [f64; 3]) -> Mark {
        self.shape(Shape::Circle(class.into(), [small(x), small(y), small(r)], 1_000))
    }

    /// With an outline, if there is one.
    #[must_use]
    pub fn path(self, class: impl Into<Class>, path: String) -> Mark {
        if path.is_empty() { self } else { self.shape(Shape::Path(class.into(), path)) }
    }

    /// With a text, if it says anything.
    #[must_use]
    pub fn text(self, class: impl Into<Class>, (x, y): (f64, f64), text: impl Into<String>) -> Mark {
        let text = text.into();
        if text.is_empty() { self } else { self.shape(Shape::Text(class.into(), (small(x), small(y)), text)) }
    }

    /// With marks in front of all that it has.
    #[must_use]
    pub fn with(mut self, marks: impl IntoIterator<Item = Mark>) -> Mark {
        self.marks.extend(marks.into_iter().map(Rc::new));
        self
    }

    /// About these things.
    #[must_use]
    pub fn about(mut self, targets: impl IntoIterator<Item = Target>) -> Mark {
        self.about.extend(targets);
        self
    }

    /// Lights up these things when it is pointed at.
    #[must_use]
    pub fn lighting(self, targets: impl IntoIterator<Item = Target>) -> Mark {
        Mark { lights: targets.into_iter().collect(), ..self }
    }

    /// Says this to those who point at it.
    #[must_use]
    pub fn titled(self, title: impl Into<String>) -> Mark {
        Mark { title: title.into(), ..self }
    }
}

/// A length as marks carry it: a fraction of a pixel is more than enough.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "lengths on a page")]
pub(super) fn small(value: f64) -> f32 {
    value as f32
}

/// A length with one decimal at most, as SVG wants it.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "lengths on a page")]
pub fn unit(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::unit;

    #[test]
    fn lengths_have_one_decimal_at_most() {
        assert_eq!([0.0, 1.04, -1.25, 12.96, -0.04].map(unit), ["0", "1", "-1.3", "13", "0"]);
    }
}
