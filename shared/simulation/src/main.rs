//! The simulation from the command line.

fn main() {}
