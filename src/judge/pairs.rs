//! Orders of versions that nobody recorded and that follow all the same: pairs of writers, of which one has to come first.
//!
//! Of two transactions that write a key either one comes first. If `a` does, it commits before `b` takes its snapshot, and whoever reads
//! the version of `a` takes its snapshot before `b` commits. Where one of these contradicts what is known, `b` comes first; that is
//! known then, and may decide more pairs (the pruning of polygraphs: Tan et al., Cobra, OSDI 2020; Huang et al., PolySI, VLDB 2023). A
//! contradiction is a proof against all orders. Snapshots and commits are nodes of one graph; of a serializable transaction they are one.

use super::sequence::Transaction;

/// What follows.
pub(super) enum Pruned {
    /// The order contradicts itself.
    Impossible,
    /// There is an order that explains all.
    Explained,
    /// These have to commit before those take their snapshot, beside what was known.
    Ordered(Vec<(u32, u32)>),
    /// It would take more memory than is allowed.
    Spent,
}

/// Rounds after which no more pairs are looked at: each makes the graph anew.
const ROUNDS: usize = 32;

/// How far from each other writers are whose order is guessed, one after the other.
const DISTANCES: [u32; 10] = [4_096, 1_024, 256, 64, 32, 16, 8, 4, 2, 1];

struct Graph<'t> {
    all: &'t [Transaction],
    kept: &'t [bool],
    /// How many nodes a transaction has.
    each: u32,
    edges: Vec<(u32, u32)>,
    /// By node, what it comes before, as bits.
    reach: Vec<u64>,
    words: usize,
}

/// What the writers of a key are, and who reads from each; the last is for the beginning.
struct Writers {
    writers: Vec<u32>,
    readers: Vec<Vec<u32>>,
    /// The pairs of writers, by place, that are still open.
    open: Vec<(u32, u32)>,
}

/// Decides pairs of writers, among the transactions that are kept. What is left open after that is ordered as the transactions are, those
/// far from each other first: if nothing contradicts that, it is an order that explains all reads.
pub(super) fn prune(all: &[Transaction], kept: &[bool], keys: usize, snapshots: bool, memory: u64) -> Pruned {
    let each = if snapshots { 2 } else { 1 };
    let nodes = all.len() * each as usize;
    let words = nodes.div_ceil(64);
    if (nodes * words) as u64 * 8 > memory {
        return Pruned::Spent;
    }
    let mut graph = Graph { all, kept, each, edges: Vec::new(), reach: vec![0; nodes * words], words };
    let mut of_keys = graph.begin(keys);
    let mut ordered = Vec::new();
    if !graph.settle(&mut of_keys, &mut ordered) {
        return Pruned::Impossible;
    }
    let mut guessed = Vec::new();
    for distance in DISTANCES {
        for of_key in &mut of_keys {
            graph.guess(of_key, distance);
        }
        if !graph.settle(&mut of_keys, &mut guessed) {
            return Pruned::Ordered(ordered);
        }
    }
    Pruned::Explained
}

impl Graph<'_> {
    fn snapshot(&self, at: u32) -> u32 {
        at * self.each
    }

    fn commit(&self, at: u32) -> u32 {
        at * self.each + self.each - 1
    }

    /// The edges that are known at first, and the writers of each key that two write.
    fn begin(&mut self, keys: usize) -> Vec<Writers> {
        let mut of_keys: Vec<Writers> =
            (0..keys).map(|_| Writers { writers: Vec::new(), readers: Vec::new(), open: Vec::new() }).collect();
        let kept: Vec<u32> = (0..self.all.len() as u32).filter(|at| self.kept[*at as usize]).collect();
        for at in &kept {
            if self.each > 1 {
                self.edges.push((self.snapshot(*at), self.commit(*at)));
            }
            let transaction = &self.all[*at as usize];
            for before in transaction.preceding.iter().filter(|before| self.kept[**before as usize]) {
                self.edges.push((self.commit(*before), self.snapshot(*at)));
            }
            transaction.writes.iter().for_each(|key| of_keys[*key as usize].writers.push(*at));
        }
        for of_key in &mut of_keys {
            let many = of_key.writers.len() as u32;
            of_key.readers.resize(many as usize + 1, Vec::new());
            of_key.open = (0..many).flat_map(|a| (a + 1..many).map(move |b| (a, b))).collect();
        }
        for at in &kept {
            for (key, from) in &self.all[*at as usize].reads {
                let of_key = &mut of_keys[*key as usize];
                let place = of_key.writers.binary_search(from).unwrap_or(of_key.writers.len());
                of_key.readers[place].push(*at);
            }
        }
        // What was there at the beginning is older than all.
        for of_key in &of_keys {
            for reader in &of_key.readers[of_key.writers.len()] {
                for writer in of_key.writers.iter().filter(|writer| *writer != reader) {
                    self.edges.push((self.snapshot(*reader), self.commit(*writer)));
                }
            }
        }
        of_keys
    }

    /// Finds what comes before what; whether that is possible.
    fn close(&mut self, nodes: usize) -> bool {
        let mut following = vec![Vec::new(); nodes];
        let mut degree = vec![0_u32; nodes];
        for (from, to) in &self.edges {
            following[*from as usize].push(*to);
            degree[*to as usize] += 1;
        }
        let mut order: Vec<u32> = (0..nodes as u32).filter(|node| degree[*node as usize] == 0).collect();
        let mut at = 0;
        while at < order.len() {
            for next in &following[order[at] as usize] {
                degree[*next as usize] -= 1;
                if degree[*next as usize] == 0 {
                    order.push(*next);
                }
            }
            at += 1;
        }
        if order.len() < nodes {
            return false;
        }
        self.reach.fill(0);
        let mut row = vec![0_u64; self.words];
        for node in order.into_iter().rev() {
            row.fill(0);
            for next in &following[node as usize] {
                let start = *next as usize * self.words;
                row.iter_mut().zip(&self.reach[start..start + self.words]).for_each(|(mine, theirs)| *mine |= theirs);
                row[*next as usize / 64] |= 1 << (next % 64);
            }
            let start = node as usize * self.words;
            self.reach[start..start + self.words].copy_from_slice(&row);
        }
        true
    }

    fn reaches(&self, from: u32, to: u32) -> bool {
        self.reach[from as usize * self.words + to as usize / 64] & (1 << (to % 64)) != 0
    }

    /// Whether one writer cannot come before another: that would contradict what is known.
    fn cannot(&self, first: u32, readers: &[u32], second: u32) -> bool {
        self.reaches(self.snapshot(second), self.commit(first))
            || readers.iter().any(|reader| *reader != second && self.reaches(self.commit(second), self.snapshot(*reader)))
    }

    /// Decides pairs until nothing more follows; whether what is known does not contradict itself.
    fn settle(&mut self, of_keys: &mut [Writers], ordered: &mut Vec<(u32, u32)>) -> bool {
        for _ in 0..ROUNDS {
            if !self.close(self.all.len() * self.each as usize) {
                return false;
            }
            let before = ordered.len();
            for of_key in of_keys.iter_mut() {
                self.decide(of_key, ordered);
            }
            if ordered.len() == before {
                return true;
            }
        }
        self.close(self.all.len() * self.each as usize)
    }

    /// Looks at all pairs of writers of a key that are not decided yet.
    fn decide(&mut self, of_key: &mut Writers, ordered: &mut Vec<(u32, u32)>) {
        let mut open = std::mem::take(&mut of_key.open);
        open.retain(|(a, b)| {
            let at = |place: u32| (of_key.writers[place as usize], &of_key.readers[place as usize]);
            let ((one, of_one), (other, of_other)) = (at(*a), at(*b));
            let (first, second) = if self.cannot(one, of_one, other) {
                (*b, *a)
            } else if self.cannot(other, of_other, one) {
                (*a, *b)
            } else {
                return true;
            };
            self.put(of_key, first, second);
            ordered.push((of_key.writers[first as usize], of_key.writers[second as usize]));
            false
        });
        of_key.open = open;
    }

    /// Puts the open pairs of a key in the order of the transactions that are so far from each other.
    fn guess(&mut self, of_key: &mut Writers, distance: u32) {
        let mut open = std::mem::take(&mut of_key.open);
        open.retain(|(a, b)| {
            let near = of_key.writers[*b as usize] - of_key.writers[*a as usize] < distance;
            if !near {
                self.put(of_key, *a, *b);
            }
            near
        });
        of_key.open = open;
    }

    /// One writer of a key comes before another, and so does whoever reads from it.
    fn put(&mut self, of_key: &Writers, first: u32, second: u32) {
        let (before, after) = (of_key.writers[first as usize], of_key.writers[second as usize]);
        self.edges.push((self.commit(before), self.snapshot(after)));
        for reader in of_key.readers[first as usize].iter().filter(|reader| **reader != after) {
            self.edges.push((self.snapshot(*reader), self.commit(after)));
        }
    }
}
