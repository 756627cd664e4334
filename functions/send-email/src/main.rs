//! Sends emails by SES.

fn main() {}
