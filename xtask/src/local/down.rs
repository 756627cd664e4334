//! `cargo xtask down`.

use anyhow::Result;
use nix::unistd::Pid;

use super::cloud;
use crate::cli;
use crate::process;
use crate::say;
use crate::stack::Stack;
use crate::workspace;

/// Stops a stack that runs.
pub(crate) fn down(options: &cli::Down) -> Result<()> {
    let stack = Stack::load(options.port)?;
    if !ours(&stack) {
        forget(stack.port);
        say::note(&format!("nothing runs on port {} any more", stack.port));
        return Ok(());
    }
    let asked = process::stop(Pid::from_raw(stack.pid), || !process::alive(stack.pid));
    forget(stack.port);
    let how = if asked { "stopped" } else { "did not stop when asked, and was killed" };
    say::note(&format!("the stack on port {} {how}", stack.port));
    Ok(())
}

/// Removes what describes a stack that ended. Its log stays.
pub(crate) fn forget(port: u16) {
    let _ = std::fs::remove_dir_all(workspace::run(port).join("tmp"));
    if let Err(error) = Stack::forget(port, ours) {
        say::warning(&format!("{error:#}"));
    }
}

/// Whether the process with the stack's number is its local cloud, and not one that got the number later.
fn ours(stack: &Stack) -> bool {
    let launcher = workspace::infra("launcher.py").display().to_string();
    process::alive(stack.pid)
        && process::command_line(stack.pid)
            .is_some_and(|line| line.contains(&launcher) && line.contains(&cloud::mark(stack.port)))
}
