//! Which part of a group's log the stage shows, and how many entries stand in one cell.
//!
//! All rows of a group share one window and one scale, so that a column means the same in each of them, and lag is a staircase. The
//! window reaches from the entry that the slowest replica applied last to the place behind the newest entry. As long as these are few, a
//! cell is one entry; where they are many, a cell stands for a range, and ranges grow as the marks of a ruler do: 1, 2, 5, 10, …

/// The columns that a log is drawn in, in units of the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    /// How many there are.
    pub count: usize,
    /// The distance between two of them.
    pub pitch: f64,
    /// The width of a cell.
    pub cell: f64,
    /// The height of a cell.
    pub height: f64,
}

impl Columns {
    /// Whether the cells are too small for numbers.
    #[must_use]
    pub fn small(&self) -> bool {
        self.cell < 20.0
    }
}

/// The part of a group's log that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The number of the first entry of the first column.
    pub first: u64,
    /// How many entries stand in one cell.
    pub scale: u64,
    /// Its columns.
    pub columns: Columns,
}

/// Where an entry lies; in the order from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Before the first column.
    Before,
    /// In this column, counted from 0.
    In(usize),
    /// Behind the last column.
    Behind,
}

impl Window {
    /// The window with the fewest entries per cell that shows all from the entry `tail` to the place behind the entry `head`. Of the
    /// ways to draw columns, the larger come first; cells that stand for ranges are always small.
    #[must_use]
    pub fn over(choices: &[Columns], (tail, head): (u64, u64)) -> Window {
        let mut scale = 1;
        loop {
            let last = head / scale;
            let needed = last + 1 - (tail.clamp(1, head + 1) - 1) / scale;
            let fits = |columns: &&Columns| (scale == 1 || columns.small()) && needed <= columns.count as u64;
            if let Some(columns) = choices.iter().find(fits) {
                let first = (last + 1).saturating_sub(columns.count as u64) * scale + 1;
                return Window { first, scale, columns: *columns };
            }
            scale = next(scale);
        }
    }

    /// The first and the last entry of a column.
    #[must_use]
    pub fn range(&self, column: usize) -> (u64, u64) {
        let first = self.first + self.scale * column as u64;
        (first, first + self.scale - 1)
    }

    /// Where an entry lies.
    #[must_use]
    pub fn place(&self, lsn: u64) -> Place {
        match lsn.checked_sub(self.first).map(|after| usize::try_from(after / self.scale)) {
            None => Place::Before,
            Some(Ok(column)) if column < self.columns.count => Place::In(column),
            Some(_) => Place::Behind,
        }
    }

    /// The column of an entry, and for one that lies beyond the window the column at that edge.
    #[must_use]
    pub fn nearest(&self, lsn: u64) -> usize {
        match self.place(lsn) {
            Place::Before => 0,
            Place::In(column) => column,
            Place::Behind => self.columns.count - 1,
        }
    }

    /// The middle of a column, where the first begins at `left`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few columns")]
    pub fn x(&self, left: f64, column: usize) -> f64 {
        left + self.columns.pitch * column as f64 + self.columns.cell / 2.0
    }
}

/// The next larger scale.
fn next(scale: u64) -> u64 {
    // 1, 2, 5, 10: the first digit says which step it is.
    let mut unit = 1;
    while unit * 10 <= scale {
        unit *= 10;
    }
    match scale / unit {
        1 => 2 * unit,
        2 => 5 * unit,
        _ => 10 * unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIG: Columns = Columns { count: 13, pitch: 42.0, cell: 36.0, height: 36.0 };
    const SMALL: Columns = Columns { count: 52, pitch: 10.6, cell: 9.0, height: 20.0 };

    #[test]
    fn scales_are_the_marks_of_a_ruler() {
        let scales: Vec<u64> = std::iter::successors(Some(1), |scale| Some(next(*scale))).take(9).collect();
        assert_eq!(scales, [1, 2, 5, 10, 20, 50, 100, 200, 500]);
    }

    /// Each pair of tail and head is shown, and no smaller scale would show it.
    #[test]
    fn the_window_shows_all_and_no_more_than_it_must() {
        for head in (0..300).chain([999, 1_000, 11_999, 123_456]) {
            for tail in (0..=head).step_by(1 + usize::try_from(head / 97).expect("small")) {
                let window = Window::over(&[BIG, SMALL], (tail, head));
                let told = format!("{tail} to {head}: {window:?}");
                assert!(matches!(window.place(tail.max(1)), Place::In(_)), "{told}");
                assert!(matches!(window.place(head + 1), Place::In(_)), "{told}");
                assert_eq!((window.first - 1) % window.scale, 0, "{told}");
                let shown = head + 2 - tail.max(1);
                assert_eq!(window.columns == BIG, shown <= 13, "{told}");
                // The scale before is at least two fifths of this one, and its 52 columns were not enough.
                assert!(window.scale == 1 || shown > 20 * window.scale, "{told}");
            }
        }
    }

    #[test]
    fn columns_and_entries_belong_to_each_other() {
        let window = Window { first: 101, scale: 50, columns: SMALL };
        assert_eq!(window.range(2), (201, 250));
        assert_eq!([201, 250].map(|lsn| window.place(lsn)), [Place::In(2), Place::In(2)]);
        assert_eq!([100, 2_700, 2_701].map(|lsn| window.place(lsn)), [Place::Before, Place::In(51), Place::Behind]);
        assert_eq!([100, 2_700, 2_701].map(|lsn| window.nearest(lsn)), [0, 51, 51]);
    }
}
