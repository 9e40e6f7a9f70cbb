//! Counts with their nouns: every sentence that counts something says "1 run" and "2 runs".

/// "1 run", "2,000 runs", "3 entries".
pub(crate) fn plural(n: u64, what: &str) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    let many = match what.strip_suffix('y') {
        _ if n == 1 => what.to_owned(),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{what}s"),
    };
    format!("{} {many}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn one_is_one_and_thousands_are_grouped() {
        assert_eq!(["1 run", "0 runs", "1,234,567 runs"].map(str::to_owned), [1, 0, 1_234_567].map(|n| plural(n, "run")));
        assert_eq!(
            [plural(1, "entry"), plural(2, "entry"), plural(2, "key")],
            ["1 entry", "2 entries", "2 keys"].map(str::to_owned)
        );
    }
}
