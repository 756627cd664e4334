//! A real bootstrap against a Runtime API of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use axum::serve::ListenerExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::lambda::{Event, FunctionError, Init, Lambda, router};
use crate::process::{Killer, Process};

/// Lambda's limit on init.
const INIT: Duration = Duration::from_secs(10);

/// When things happened, for benchmarks.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// From spawning the process to its first `next`.
    pub init: Duration,
    /// From handing over the latest event to its answer; zero before the first.
    pub last_invocation: Duration,
}

/// What is set before the process starts.
#[derive(Debug)]
pub struct Bootstrap {
    bootstrap: PathBuf,
    environment: BTreeMap<String, String>,
    timeout: Duration,
}

/// A real bootstrap, running as a child process against a Runtime API of its own. It dies with this value.
#[derive(Debug)]
pub struct RuntimeApi {
    process: Process,
    lambda: Arc<Lambda>,
    server: JoinHandle<()>,
    timeout: Duration,
    init: Duration,
    last: Mutex<Duration>,
}

/// `rig-dispatch`, for `dispatch` and `…/dispatch/bootstrap`: whoever counts calls tells it from the deployed function.
fn rig_name(bootstrap: &Path) -> String {
    let mut parts = bootstrap.components().rev().map(|part| part.as_os_str().to_string_lossy());
    let name = parts.find(|part| part != "bootstrap").unwrap_or_default();
    format!("rig-{name}")
}

impl RuntimeApi {
    /// A bootstrap to run, with the environment that Lambda gives: credentials test/test, us-east-1, no more.
    /// Its name is `rig-` and the function's; a test that counts its calls sets an `AWS_LAMBDA_FUNCTION_NAME` of its own.
    #[must_use]
    pub fn bootstrap(path: impl AsRef<Path>) -> Bootstrap {
        let path = path.as_ref();
        let name = rig_name(path);
        let log_stream = format!("[$LATEST]{}", ulid::Ulid::generate());
        let pairs = [
            ("_HANDLER", "bootstrap"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", crate::REGION),
            ("AWS_DEFAULT_REGION", crate::REGION),
            ("AWS_LAMBDA_FUNCTION_NAME", &name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &log_stream),
            ("RUST_BACKTRACE", "1"),
            ("TZ", ":UTC"),
        ];
        let environment = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Bootstrap { bootstrap: path.to_path_buf(), environment, timeout: INIT }
    }

    /// Hands over one event and waits for the answer. One at a time, as in a real execution environment: a second
    /// event waits in the queue.
    ///
    /// # Errors
    /// [`FunctionError`], as the function or its end made it.
    pub async fn invoke(&self, event: Value) -> Result<Value, FunctionError> {
        let id = ulid::Ulid::generate().to_string();
        let (taken, was_taken) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        self.lambda.answers.lock().await.insert(id.clone(), answer);
        let event = Event { id, body: serde_json::to_vec(&event)?, timeout: self.timeout, taken };
        let exited = || FunctionError::Exited(self.output().join("\n"));
        self.lambda.events.send(event).map_err(|_| exited())?;
        let (at, answer) = tokio::select! {
            biased;
            answer = answered => answer.map_err(|_| exited())?,
            _ = self.process.killer.exited() => return Err(exited()),
            () = tokio::time::sleep(self.timeout) => return Err(FunctionError::TimedOut),
        };
        if let Ok(start) = was_taken.await {
            *self.last.lock().await = at - start;
        }
        Ok(serde_json::from_slice(&answer?)?)
    }

    /// Init, and the latest invocation.
    pub async fn timings(&self) -> Timings {
        Timings { init: self.init, last_invocation: *self.last.lock().await }
    }

    /// The process, for `/proc/{pid}`.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid
    }

    /// For a [`crate::Fault`] that kills this function.
    #[must_use]
    pub fn killer(&self) -> Killer {
        self.process.killer.clone()
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(&self) {
        self.process.killer.kill().await;
    }

    /// What it wrote so far, on both streams, line by line.
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        self.process.output()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Bootstrap {
    /// Sets one variable of the function's environment.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(key.into(), value.into());
        self
    }

    /// The function's timeout; 10 s if not set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Starts the process and waits for its first `next`.
    ///
    /// # Errors
    /// If it cannot start, ends, or reports an error in init, with what it wrote.
    pub async fn start(mut self) -> Result<RuntimeApi> {
        let (events, queue) = mpsc::unbounded_channel();
        let (init, mut ready) = watch::channel(Init::Running);
        let lambda = Arc::new(Lambda { events, queue: Mutex::new(queue), answers: Mutex::default(), init });
        // Nagle's algorithm would add 40 ms to every event.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let address = axum::serve::Listener::local_addr(&listener)?;
        let app = router(Arc::clone(&lambda));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        self.environment.insert("AWS_LAMBDA_RUNTIME_API".to_owned(), address.to_string());
        let spawned = Instant::now();
        let process = Process::spawn(&self.bootstrap, &self.environment)?;
        let outcome = tokio::select! {
            state = ready.wait_for(|state| !matches!(state, Init::Running)) => state.context("no server")?.clone(),
            status = process.killer.exited() => Init::Failed(format!("ended with {status:?}")),
            () = tokio::time::sleep(INIT) => Init::Failed("no first `next` within 10 s".to_owned()),
        };
        let init = match outcome {
            Init::Ready(at) => at - spawned,
            Init::Failed(why) => {
                bail!("{} in init: {why}\n{}", self.bootstrap.display(), process.output().join("\n"))
            }
            Init::Running => bail!("unreachable: waited for another state"),
        };
        Ok(RuntimeApi { process, lambda, server, timeout: self.timeout, init, last: Mutex::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rig_is_named_after_its_function() {
        assert_eq!(rig_name(Path::new("/target/local/lambda/dispatch/bootstrap")), "rig-dispatch");
        assert_eq!(rig_name(Path::new("/target/debug/ws-connect")), "rig-ws-connect");
    }
}
