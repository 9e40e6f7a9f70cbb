//! The spans of a sequence in their order, with lookup by index and by timestamp.
//!
//! A B+ tree without removal: leaves hold up to 32 spans, nodes hold how many visible elements are below each child, so that an index is
//! found, and a change is noted, on one way between root and leaf. For each replica a map leads from timestamps to leaves.

use std::collections::BTreeMap;

use super::span::{Key, Span};

/// More spans than this, and a leaf is split.
const LEAF_MAX: usize = 32;
/// More children than this, and a node is split.
const NODE_MAX: usize = 32;

/// Where an element stands. It holds until the spans change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) leaf: usize,
    pub(crate) span: usize,
    pub(crate) offset: usize,
}

#[derive(Clone, Debug, Default)]
struct Leaf {
    spans: Vec<Span>,
    parent: usize,
    next: Option<usize>,
}

/// An inner node; on the lowest level its children are leaves.
#[derive(Clone, Debug, Default)]
struct Node {
    children: Vec<usize>,
    /// How many visible elements are below each child.
    shown: Vec<usize>,
    parent: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Spans {
    leaves: Vec<Leaf>,
    nodes: Vec<Node>,
    root: usize,
    /// How many levels of nodes stand above the leaves.
    height: usize,
    /// For each replica, the leaf of the span that begins at a timestamp.
    starts: Vec<BTreeMap<u64, usize>>,
    shown: usize,
}

impl Default for Spans {
    fn default() -> Spans {
        let node = Node { children: vec![0], shown: vec![0], parent: None };
        Spans { leaves: vec![Leaf::default()], nodes: vec![node], root: 0, height: 1, starts: Vec::new(), shown: 0 }
    }
}

impl Spans {
    /// How many elements are visible.
    pub(crate) const fn shown(&self) -> usize {
        self.shown
    }

    /// All spans in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Span> {
        let mut next = Some(0);
        let leaves = std::iter::from_fn(move || {
            let leaf = &self.leaves[next?];
            next = leaf.next;
            Some(leaf)
        });
        leaves.flat_map(|leaf| &leaf.spans)
    }

    pub(crate) fn at(&self, place: Place) -> &Span {
        &self.leaves[place.leaf].spans[place.span]
    }

    pub(crate) fn key(&self, place: Place) -> Key {
        self.at(place).key(place.offset)
    }

    /// The beginning of the sequence.
    pub(crate) const fn start() -> Place {
        Place { leaf: 0, span: 0, offset: 0 }
    }

    /// The visible element at an index below [`shown`](Spans::shown).
    pub(crate) fn visible(&self, mut index: usize) -> Place {
        let mut child = self.root;
        for _ in 0..self.height {
            let node = &self.nodes[child];
            let mut slot = 0;
            while index >= node.shown[slot] {
                index -= node.shown[slot];
                slot += 1;
            }
            child = node.children[slot];
        }
        let mut span = 0;
        let spans = &self.leaves[child].spans;
        while index >= spans[span].shown() {
            index -= spans[span].shown();
            span += 1;
        }
        Place { leaf: child, span, offset: index }
    }

    /// Where the element with a timestamp stands.
    pub(crate) fn find(&self, key: Key) -> Option<Place> {
        let (start, leaf) = self.starts.get(key.who as usize)?.range(..=key.clock).next_back()?;
        let first = Key { who: key.who, clock: *start };
        let span = self.leaves[*leaf].spans.iter().position(|span| span.first == first)?;
        let offset = self.leaves[*leaf].spans[span].offset(key)?;
        Some(Place { leaf: *leaf, span, offset })
    }

    /// The first timestamp at or after this one that its replica has a span for.
    pub(crate) fn next_start(&self, key: Key) -> Option<u64> {
        self.starts.get(key.who as usize)?.range(key.clock..).next().map(|(start, _)| *start)
    }

    /// How many visible elements come before a place.
    pub(crate) fn index(&self, place: Place) -> usize {
        let leaf = &self.leaves[place.leaf];
        let within = if leaf.spans[place.span].visible { place.offset } else { 0 };
        let mut index = within + leaf.spans[..place.span].iter().map(Span::shown).sum::<usize>();
        let (mut child, mut parent) = (place.leaf, Some(leaf.parent));
        while let Some(at) = parent {
            let node = &self.nodes[at];
            let before = node.children.iter().zip(&node.shown).take_while(|(other, _)| **other != child);
            index += before.map(|(_, shown)| shown).sum::<usize>();
            (child, parent) = (at, node.parent);
        }
        index
    }

    /// The element at a place that may be just behind the last of a leaf.
    pub(crate) fn settle(&self, mut place: Place) -> Option<Place> {
        while place.span >= self.leaves[place.leaf].spans.len() {
            place = Place { leaf: self.leaves[place.leaf].next?, span: 0, offset: 0 };
        }
        Some(place)
    }

    /// Makes a span longer by elements that follow its last one.
    pub(crate) fn extend(&mut self, place: Place, more: usize) {
        let span = &mut self.leaves[place.leaf].spans[place.span];
        span.len += more;
        if span.visible {
            self.add_shown(place.leaf, more);
        }
    }

    /// Puts a span before the element at a place, or at the end of the leaf of the place.
    pub(crate) fn insert(&mut self, place: Place, span: Span) {
        let mut at = place.span;
        if place.offset > 0 {
            self.split(place);
            at += 1;
        }
        let leaf = &mut self.leaves[place.leaf];
        if at > 0 && leaf.spans[at - 1].continues_with(&span) {
            leaf.spans[at - 1].len += span.len;
        } else {
            leaf.spans.insert(at, span);
            self.note_start(span.first, place.leaf);
        }
        self.add_shown(place.leaf, span.shown());
        self.limit(place.leaf);
    }

    /// Hides so many elements from a place on, all of its span. Returns how many were visible.
    pub(crate) fn hide(&mut self, place: Place, len: usize) -> usize {
        if !self.at(place).visible {
            return 0;
        }
        let mut at = place.span;
        if place.offset > 0 {
            self.split(place);
            at += 1;
        }
        if len < self.leaves[place.leaf].spans[at].len {
            self.split(Place { span: at, offset: len, ..place });
        }
        self.leaves[place.leaf].spans[at].visible = false;
        self.join(place.leaf, at + 1);
        self.join(place.leaf, at);
        self.remove_shown(place.leaf, len);
        self.limit(place.leaf);
        len
    }

    /// Says where the content of each visible span stands, span by span in order, and joins what is now one.
    pub(crate) fn lay_out(&mut self, mut place_of: impl FnMut(&Span) -> usize) {
        let mut next = Some(0);
        while let Some(leaf) = next {
            for span in self.leaves[leaf].spans.iter_mut().filter(|span| span.visible) {
                span.content = place_of(span);
            }
            for at in (1..self.leaves[leaf].spans.len()).rev() {
                self.join(leaf, at);
            }
            next = self.leaves[leaf].next;
        }
    }

    /// Makes one span two.
    fn split(&mut self, place: Place) {
        let rest = self.leaves[place.leaf].spans[place.span].split_off(place.offset);
        self.leaves[place.leaf].spans.insert(place.span + 1, rest);
        self.note_start(rest.first, place.leaf);
    }

    /// Makes a span and the one before it one, if they are.
    fn join(&mut self, leaf: usize, at: usize) {
        let spans = &mut self.leaves[leaf].spans;
        if at > 0 && at < spans.len() && spans[at - 1].continues_with(&spans[at]) {
            let rest = spans.remove(at);
            spans[at - 1].len += rest.len;
            self.starts[rest.first.who as usize].remove(&rest.first.clock);
        }
    }

    fn note_start(&mut self, first: Key, leaf: usize) {
        let who = first.who as usize;
        if who >= self.starts.len() {
            self.starts.resize_with(who + 1, BTreeMap::new);
        }
        self.starts[who].insert(first.clock, leaf);
    }

    fn add_shown(&mut self, leaf: usize, more: usize) {
        self.shown += more;
        self.change(leaf, |shown| shown + more);
    }

    fn remove_shown(&mut self, leaf: usize, less: usize) {
        self.shown -= less;
        self.change(leaf, |shown| shown - less);
    }

    /// Changes what each node above a leaf has noted of it.
    fn change(&mut self, leaf: usize, change: impl Fn(usize) -> usize) {
        let (mut child, mut parent) = (leaf, Some(self.leaves[leaf].parent));
        while let Some(at) = parent {
            let node = &mut self.nodes[at];
            let slot = slot(node, child);
            node.shown[slot] = change(node.shown[slot]);
            (child, parent) = (at, node.parent);
        }
    }

    /// Splits a leaf that has become too long, and the nodes above it.
    fn limit(&mut self, leaf: usize) {
        if self.leaves[leaf].spans.len() <= LEAF_MAX {
            return;
        }
        let spans = self.leaves[leaf].spans.split_off(LEAF_MAX / 2);
        let new = self.leaves.len();
        for span in &spans {
            self.starts[span.first.who as usize].insert(span.first.clock, new);
        }
        let shown = spans.iter().map(Span::shown).sum();
        let parent = self.leaves[leaf].parent;
        let next = self.leaves[leaf].next.replace(new);
        self.leaves.push(Leaf { spans, parent, next });
        self.adopt(parent, leaf, new, shown);
        let (mut node, mut level) = (parent, 1);
        while self.nodes[node].children.len() > NODE_MAX {
            node = self.split_node(node, level);
            level += 1;
        }
    }

    /// Gives a node a new child behind another, out of which so many visible elements have moved.
    fn adopt(&mut self, node: usize, child: usize, new: usize, shown: usize) {
        let node = &mut self.nodes[node];
        let slot = slot(node, child);
        node.shown[slot] -= shown;
        node.children.insert(slot + 1, new);
        node.shown.insert(slot + 1, shown);
    }

    /// Splits a node and returns its parent. The children of nodes on level 1 are leaves.
    fn split_node(&mut self, node: usize, level: usize) -> usize {
        let children = self.nodes[node].children.split_off(NODE_MAX / 2);
        let shown = self.nodes[node].shown.split_off(NODE_MAX / 2);
        let (new, moved) = (self.nodes.len(), shown.iter().sum());
        for child in &children {
            if level == 1 {
                self.leaves[*child].parent = new;
            } else {
                self.nodes[*child].parent = Some(new);
            }
        }
        let parent = self.nodes[node].parent;
        self.nodes.push(Node { children, shown, parent });
        if let Some(parent) = parent {
            self.adopt(parent, node, new, moved);
            return parent;
        }
        let root = self.nodes.len();
        let rest = self.nodes[node].shown.iter().sum();
        self.nodes.push(Node { children: vec![node, new], shown: vec![rest, moved], parent: None });
        self.nodes[node].parent = Some(root);
        self.nodes[new].parent = Some(root);
        self.root = root;
        self.height += 1;
        root
    }
}

/// Where a child stands in its node.
fn slot(node: &Node, child: usize) -> usize {
    let found = node.children.iter().position(|known| *known == child);
    found.unwrap_or_else(|| panic!("node {child} is not among the children {:?} of its parent", node.children))
}
