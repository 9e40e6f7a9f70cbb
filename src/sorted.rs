//! Order without a sort of its own for every type: such a sort is four kilobytes of what a browser has to load.

/// The items in the order of their keys; those with the same key stay as they were.
pub(crate) fn by_key<T>(items: Vec<T>, key: impl Fn(&T) -> (u64, u64)) -> Vec<T> {
    let mut keys: Vec<(u64, u64, usize)> = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let (first, second) = key(item);
        keys.push((first, second, place));
    }
    keys.sort_unstable();
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    keys.iter().filter_map(|(.., place)| items[*place].take()).collect()
}

/// The items in order, each once. Meant for few.
pub(crate) fn set<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut set = Vec::new();
    for item in items {
        if let Err(place) = set.binary_search(&item) {
            set.insert(place, item);
        }
    }
    set
}
