//! The canvas below the stage: what moves while there is too much of it for shapes of SVG.
//!
//! A shape that changes is laid out, painted and composited with everything around it, on the thread of the page; pixels are only
//! copied. So while the clock runs and many messages are under way, a frame touches nothing of the document but this canvas. The looks
//! are those of the SVG: a stamp is drawn once, by the browser, from the same outline and the same computed style, and then put
//! wherever such a message is ([`Raster`]). Nodes, logs, names and controls stay in the SVG above it, where they are reachable
//! and not covered.

use js_sys::Array;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, CssStyleDeclaration, Element, HtmlCanvasElement, ImageData, Path2d};
use yew::NodeRef;

use super::flights::Placed;
use super::msg::Lit;

use crate::scene::{Flight, LIT, LOOKS, Pane, Size, meet, outline};
use crate::view::{Raster, Stamp};

/// More pixels for each pixel of the page cost time, and nobody sees them in what moves.
const SCALE_MAX: f64 = 2.0;
/// The room of the largest message around its middle, in units of the stage.
const ROOM: f64 = 32.0;

/// How many sizes a message of one look can have.
const SIZES: usize = 3;

/// The canvas of a lab, as long as it is in use.
#[derive(Default)]
pub(super) struct Canvas {
    pub(super) element: NodeRef,
    surface: Option<Surface>,
}

/// What is drawn on, and with what: made anew when the size or the colours may have changed.
struct Surface {
    context: CanvasRenderingContext2d,
    image: Raster,
    size: (u32, u32),
    /// Pixels of the image for each unit of the stage.
    scale: f64,
    /// By look, and for each by size.
    stamps: Vec<Option<Stamp>>,
}

impl Canvas {
    /// Draws these messages. None if the browser has no canvas to draw on.
    pub(super) fn draw<'a>(&mut self, pane: &Pane, lit: &Lit, flights: impl Iterator<Item = Placed<'a>>) -> Option<()> {
        let element = self.element.cast::<HtmlCanvasElement>()?;
        if self.surface.is_none() {
            self.surface = Surface::new(&element, pane);
        }
        self.surface.as_mut()?.draw(&element, lit, flights)
    }

    /// Whether anything is drawn on it.
    pub(super) fn is_in_use(&self) -> bool {
        self.surface.is_some()
    }

    /// Forgets how messages look: the theme, the width or the layout may have changed.
    pub(super) fn renew(&mut self) {
        self.surface = None;
    }

    /// Shows nothing.
    pub(super) fn clear(&mut self) {
        self.surface = None;
        if let Some(element) = self.element.cast::<HtmlCanvasElement>().filter(|element| element.width() > 0) {
            // A canvas whose size is set is empty, and needs no memory if it has none.
            element.set_width(0);
        }
    }
}

impl Surface {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the size of a canvas")]
    fn new(element: &HtmlCanvasElement, pane: &Pane) -> Option<Surface> {
        let window = web_sys::window()?;
        let shown = element.parent_element()?.query_selector("svg").ok()??.get_bounding_client_rect().width();
        let scale = (shown / f64::from(pane.width)).max(0.1) * window.device_pixel_ratio().clamp(1.0, SCALE_MAX);
        let size = ((f64::from(pane.width) * scale).round() as u32, (f64::from(pane.height) * scale).round() as u32);
        element.set_width(size.0);
        element.set_height(size.1);
        let context = context(element)?;
        let image = Raster::new(size.0 as usize, size.1 as usize);
        Some(Surface { context, image, size, scale, stamps: vec![None; SIZES * LOOKS.len()] })
    }

    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    fn draw<'a>(&mut self, element: &Element, lit: &Lit, flights: impl Iterator<Item = Placed<'a>>) -> Option<()> {
        self.image.clear();
        // Marks of many have numbers, and stay in the SVG.
        for Placed { flight, at } in flights.filter(|placed| !placed.flight.many) {
            let at = ((at.0 * self.scale).round() as i32, (at.1 * self.scale).round() as i32);
            let lit = meet(&flight.about, &lit.about).then_some(LIT);
            for look in std::iter::once(usize::from(flight.look)).chain(lit) {
                let place = SIZES * look + size(flight);
                if self.stamps[place].is_none() {
                    self.stamps[place] = stamp(element, flight, look, self.scale);
                }
                self.image.put(self.stamps[place].as_ref()?, at);
            }
        }
        let pixels = ImageData::new_with_u8_clamped_array_and_sh(Clamped(self.image.bytes()), self.size.0, self.size.1).ok()?;
        self.context.put_image_data(&pixels, 0.0, 0.0).ok()
    }
}

/// The number of a message's size.
fn size(flight: &Flight) -> usize {
    match flight.size {
        Size::Small => 0,
        Size::Usual => 1,
        Size::Long => 2,
    }
}

fn context(element: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    element.get_context("2d").ok()??.dyn_into().ok()
}

/// A message as the page's style has it, drawn once.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
fn stamp(canvas: &Element, flight: &Flight, look: usize, scale: f64) -> Option<Stamp> {
    let window = web_sys::window()?;
    let side = (2.0 * ROOM * scale).ceil() as u32;
    let scratch: HtmlCanvasElement = window.document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    scratch.set_width(side);
    scratch.set_height(side);
    let context = context(&scratch)?;
    context.translate(f64::from(side / 2), f64::from(side / 2)).ok()?;
    context.scale(scale, scale).ok()?;
    // The looks stand in the SVG in their order, also those that no message has.
    let group = canvas.parent_element()?.query_selector_all(".flights > .flight").ok()?.get(u32::try_from(look).ok()?)?;
    let style_of = |element: &Element| window.get_computed_style(element).ok().flatten();
    let group: Element = group.dyn_into().ok()?;
    context.set_global_alpha(number(&style_of(&group)?, "opacity").unwrap_or(1.0));
    let path = outline(flight.outline, (0.0, 0.0));
    ink(&context, &path, &style_of(&group.query_selector(".shape").ok()??)?)?;
    if flight.doomed && look != LIT {
        ink(&context, "M-9-9l18 18m0-18l-18 18", &style_of(&group.query_selector(".signs").ok()??)?)?;
    }
    let drawn = context.get_image_data(0.0, 0.0, f64::from(side), f64::from(side)).ok()?;
    Some(Stamp::new(side as usize, &drawn.data()))
}

/// Fills and strokes a path as a computed style says.
fn ink(context: &CanvasRenderingContext2d, path: &str, style: &CssStyleDeclaration) -> Option<()> {
    let path = Path2d::new_with_path_string(path).ok()?;
    let (fill, stroke) = (style.get_property_value("fill").ok()?, style.get_property_value("stroke").ok()?);
    if fill != "none" {
        context.set_fill_style_str(&fill);
        context.fill_with_path_2d(&path);
    }
    if stroke != "none" {
        context.set_stroke_style_str(&stroke);
        context.set_line_width(number(style, "stroke-width").unwrap_or(1.0));
        let dashes = style.get_property_value("stroke-dasharray").ok()?;
        let dashes: Array = dashes.split(',').filter_map(length).map(JsValue::from_f64).collect();
        context.set_line_dash(&dashes).ok()?;
        context.stroke_with_path(&path);
    }
    Some(())
}

/// A number of a computed style, in pixels if it is a length.
fn number(style: &CssStyleDeclaration, name: &str) -> Option<f64> {
    length(&style.get_property_value(name).ok()?)
}

fn length(text: &str) -> Option<f64> {
    // What JavaScript reads of it: reading floats is large, and needed for nothing else.
    Some(js_sys::parse_float(text)).filter(|number| number.is_finite())
}
