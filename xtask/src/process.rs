//! Child processes, each in a group of its own, so that what they start goes with them.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// How long a group has to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// A child and all that it starts. Dropping it stops them.
pub(crate) struct Group {
    child: Child,
    name: String,
    leader: Pid,
    running: bool,
    /// Processes that joined.
    others: Vec<Child>,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        let child = child.with_context(|| format!("cannot start {name}"))?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).context("it ended at once")?;
        Ok(Self { child, name, leader: Pid::from_raw(leader), running: true, others: Vec::new() })
    }

    /// Starts another process in this group: it ends with it.
    pub(crate) fn join(&mut self, command: &mut Command) -> Result<()> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(self.leader.as_raw()).spawn();
        self.others.push(child.with_context(|| format!("cannot start {name}"))?);
        Ok(())
    }

    pub(crate) fn pid(&self) -> i32 {
        self.leader.as_raw()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for its end.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await.with_context(|| self.name.clone())?;
        self.running = false;
        Ok(status)
    }

    /// Waits for its end, which must be a success.
    pub(crate) async fn succeed(mut self) -> Result<()> {
        let status = self.wait().await?;
        if !status.success() {
            bail!("{} ended with {status}", self.name);
        }
        Ok(())
    }

    /// Lets it outlive this process.
    pub(crate) fn leave_running(mut self) {
        self.running = false;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.running {
            let child = &mut self.child;
            stop(self.leader, || !matches!(child.try_wait(), Ok(None)));
        }
    }
}

/// Ends a process group: asks, waits up to [`GRACE`], then kills. Says whether asking was enough.
pub(crate) fn stop(leader: Pid, mut ended: impl FnMut() -> bool) -> bool {
    // Errors mean that there is nobody left to tell.
    let _ = killpg(leader, Signal::SIGTERM);
    let deadline = Instant::now() + GRACE;
    while !ended() {
        if Instant::now() >= deadline {
            break;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "also used while dropping, where nothing can be awaited"
        )]
        std::thread::sleep(Duration::from_millis(10));
    }
    // Whoever of the group ignored it.
    let asked = killpg(leader, Signal::SIGKILL) == Err(Errno::ESRCH);
    ended() || asked
}

/// Whether a process runs; one that ended and was not yet waited for does not.
pub(crate) fn alive(pid: i32) -> bool {
    let zombie = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')));
    !zombie && kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// A process's command line, where it runs.
pub(crate) fn command_line(pid: i32) -> Option<String> {
    if let Ok(raw) = std::fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&raw).replace('\0', " "));
    }
    let ps =
        std::process::Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output();
    ps.ok().filter(|ps| ps.status.success()).map(|ps| String::from_utf8_lossy(&ps.stdout).into_owned())
}

/// Waits for Ctrl-C, for a polite kill, or for the terminal's end; says which.
pub(crate) async fn interrupted() -> &'static str {
    let kinds = (SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup());
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(kinds.0), signal(kinds.1), signal(kinds.2))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => "interrupted",
        _ = terminate.recv() => "terminated",
        _ = hangup.recv() => "hung up",
    }
}
