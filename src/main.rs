//! The program: in the browser it mounts the labs of the page; natively it is the command line.

fn main() {}
