//! What became of emails: SES events.

fn main() {}
