//! An image made of stamps: what a canvas shows of very many messages.
//!
//! Without a graphics processor a browser draws the shapes of a canvas on the thread of the page: a thousand of them cost as much
//! as two frames of 60 a second, on a slow processor more. The shapes of messages are few, so each is drawn once by the browser, as a stamp, and put
//! wherever it is wanted by copying pixels. Compositing is "source over" of Porter and Duff, "Compositing digital images"
//! (SIGGRAPH 1984), for colours that are not multiplied by their opacity, as the canvas of a browser takes them.

/// Red, green, blue and opacity.
pub type Pixel = [u8; 4];

/// A small image whose middle is put in a place. What is transparent around it is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    width: usize,
    /// Where its left upper corner is, seen from the middle.
    corner: (i32, i32),
    pixels: Vec<Pixel>,
}

impl Stamp {
    /// A square image from its bytes, row after row; bytes that are missing are transparent.
    #[must_use]
    pub fn new(side: usize, bytes: &[u8]) -> Stamp {
        let inked = bytes.as_chunks().0.iter().enumerate().filter(|(_, pixel): &(usize, &Pixel)| pixel[3] > 0);
        // The smallest box around all that is not transparent: its edges, of which the right and the lower one lie outside.
        let (mut left, mut top, mut right, mut bottom) = (side, side, 0, 0);
        for (index, _) in inked.filter(|(index, _)| *index < side * side) {
            let (x, y) = (index % side, index / side);
            (left, right, top, bottom) = (left.min(x), right.max(x + 1), top.min(y), bottom.max(y + 1));
        }
        let width = right.saturating_sub(left);
        let row = |y: usize| bytes.as_chunks().0.iter().skip(y * side + left).take(width).copied();
        let mut pixels: Vec<Pixel> = (top..bottom).flat_map(row).collect();
        pixels.resize(width * bottom.saturating_sub(top), [0; 4]);
        let offset = |edge: usize| i32::try_from(edge).unwrap_or(0) - i32::try_from(side / 2).unwrap_or(0);
        Stamp { width, corner: (offset(left), offset(top)), pixels }
    }
}

/// An image that starts transparent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raster {
    width: usize,
    pixels: Vec<Pixel>,
}

impl Raster {
    /// A transparent image of this size in pixels.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Raster {
        Raster { width, pixels: vec![[0; 4]; width * height] }
    }

    /// Makes all of it transparent again.
    pub fn clear(&mut self) {
        self.pixels.fill([0; 4]);
    }

    /// Puts a stamp with its middle here. What lies outside of the image is cut off.
    pub fn put(&mut self, stamp: &Stamp, (x, y): (i32, i32)) {
        if self.width == 0 || stamp.width == 0 {
            return;
        }
        let (left, top) = (x.saturating_add(stamp.corner.0), y.saturating_add(stamp.corner.1));
        // How much is cut off on the left, and where in the image the rest begins.
        let cut = usize::try_from(left.saturating_neg()).unwrap_or(0);
        let from = usize::try_from(left).unwrap_or(0);
        if cut >= stamp.width || from >= self.width {
            return;
        }
        let length = (stamp.width - cut).min(self.width - from);
        for (row, source) in (0i32..).zip(stamp.pixels.chunks_exact(stamp.width)) {
            let Ok(line) = usize::try_from(top.saturating_add(row)) else { continue };
            let start = line.saturating_mul(self.width).saturating_add(from);
            let Some(target) = self.pixels.get_mut(start..start.saturating_add(length)) else { return };
            for (below, above) in target.iter_mut().zip(&source[cut..cut + length]) {
                *below = over(*above, *below);
            }
        }
    }

    /// The bytes of all pixels, row after row.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.pixels.as_flattened()
    }
}

/// One pixel above another.
#[inline]
fn over(above: Pixel, below: Pixel) -> Pixel {
    match (above[3], below[3]) {
        (0, _) => below,
        (255, _) | (_, 0) => above,
        (a, b) => blend(above, below, u32::from(a), u32::from(b)),
    }
}

/// Two pixels of which neither hides the other.
fn blend(above: Pixel, below: Pixel, a: u32, b: u32) -> Pixel {
    // In units of 1/255: what is left of the lower one, and the opacity of both.
    let rest = b * (255 - a) / 255;
    let both = a + rest;
    let mix = |channel: usize| {
        let sum = u32::from(above[channel]) * a + u32::from(below[channel]) * rest;
        u8::try_from(sum / both).unwrap_or(u8::MAX)
    };
    [mix(0), mix(1), mix(2), u8::try_from(both).unwrap_or(u8::MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Pixel = [255, 0, 0, 255];
    const BLUE: Pixel = [0, 0, 255, 255];

    fn square(side: usize, pixel: Pixel) -> Stamp {
        Stamp::new(side, &pixel.repeat(side * side))
    }

    fn filled(raster: &Raster) -> Vec<(usize, usize)> {
        let place = |index: usize| (index % raster.width, index / raster.width);
        raster.pixels.iter().enumerate().filter(|(_, p)| p[3] > 0).map(|(i, _)| place(i)).collect()
    }

    #[test]
    fn a_stamp_stands_with_its_middle_where_it_is_put() {
        let mut raster = Raster::new(5, 4);
        raster.put(&square(3, RED), (2, 1));
        let wanted: Vec<_> = (0..3).flat_map(|y| (1..4).map(move |x| (x, y))).collect();
        assert_eq!(filled(&raster), wanted);
        assert_eq!(raster.bytes().len(), 5 * 4 * 4);
        raster.clear();
        assert_eq!(raster, Raster::new(5, 4));
    }

    #[test]
    fn what_lies_outside_is_cut_off_on_every_side() {
        let at = |place: (i32, i32)| {
            let mut raster = Raster::new(4, 4);
            raster.put(&square(2, RED), place);
            filled(&raster)
        };
        assert_eq!(at((0, 0)), [(0, 0)]);
        assert_eq!(at((4, 4)), [(3, 3)]);
        assert_eq!(at((4, 1)), [(3, 0), (3, 1)]);
        for outside in [(-1, 2), (2, -1), (9, 2), (2, 9), (i32::MIN, i32::MAX), (i32::MAX, i32::MIN)] {
            assert_eq!(at(outside), [], "{outside:?}");
        }
        let mut none = Raster::new(0, 0);
        none.put(&square(2, RED), (0, 0));
        assert!(none.bytes().is_empty());
    }

    #[test]
    fn the_upper_one_hides_the_lower_one_as_far_as_it_is_opaque() {
        assert_eq!(over(RED, BLUE), RED);
        assert_eq!(over([255, 0, 0, 0], BLUE), BLUE);
        assert_eq!(over([9, 8, 7, 100], [0; 4]), [9, 8, 7, 100]);
        assert_eq!(over([255, 0, 0, 51], BLUE), [51, 0, 204, 255]);
        assert_eq!(over([255, 0, 0, 127], [0, 0, 255, 127])[3], 190);
    }

    #[test]
    fn what_is_transparent_around_a_stamp_is_left_out_and_moves_nothing() {
        let mut bytes = [0; 6 * 6 * 4];
        for (x, y) in [(2, 1), (3, 4)] {
            bytes[(y * 6 + x) * 4..][..4].copy_from_slice(&RED);
        }
        let stamp = Stamp::new(6, &bytes);
        assert_eq!((stamp.width, stamp.pixels.len(), stamp.corner), (2, 8, (-1, -2)));
        let mut raster = Raster::new(9, 9);
        raster.put(&stamp, (4, 5));
        assert_eq!(filled(&raster), [(3, 3), (4, 6)]);
    }

    #[test]
    fn bytes_that_are_missing_are_transparent() {
        let stamp = Stamp::new(2, &[1, 2, 3, 255, 9]);
        assert_eq!(stamp, Stamp { width: 1, corner: (-1, -1), pixels: vec![[1, 2, 3, 255]] });
        let mut raster = Raster::new(1, 1);
        raster.put(&Stamp::new(0, &[]), (0, 0));
        assert_eq!(filled(&raster), []);
    }
}
