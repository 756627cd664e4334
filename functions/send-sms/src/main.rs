//! Sends SMS by SNS.

fn main() {}
