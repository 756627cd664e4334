//! AWS clients, built once in `main`.
//!
//! A Lambda gets its region and credentials as environment variables, so the default chain (profiles, IMDS, SSO)
//! and the crates behind it are not needed.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::{SdkConfig, sdk_config};

use crate::env::{ConfigError, optional, required};

/// The longest call of [`Aws::provider`].
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes clients that share one connection pool and one set of credentials.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
}

impl Aws {
    /// Reads what Lambda sets. `AWS_ENDPOINT_URL` and its per-service forms are honoured, as in every SDK.
    pub fn from_env() -> Result<Self, ConfigError> {
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        Self::new(required("AWS_REGION")?, credentials)
    }

    /// Clients for a test that needs some but calls nothing: nobody takes these credentials.
    pub fn nowhere() -> Result<Self, ConfigError> {
        Self::new(String::from("eu-nowhere-1"), Credentials::new("nobody", "nobody", None, None, "nowhere"))
    }

    fn new(region: String, credentials: Credentials) -> Result<Self, ConfigError> {
        let http = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .tls_context(trust(&region)?)
            .build_https();
        // A healthy answer takes milliseconds. Two tries that hang and one that answers fit; three calls in a row fit
        // the functions' own timeouts (15 s behind an API, 30 s behind a queue, where 100 recipients are four rounds).
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(5))
            .build();
        // The User-Agent of every call ends with `app/<function>`: CloudTrail shows it, and the local cloud's recorder
        // tells the functions apart by it. A name with other characters than an app's may have is left out.
        let app = optional("AWS_LAMBDA_FUNCTION_NAME").and_then(|name| AppName::new(name).ok());
        let mut config = SdkConfig::builder();
        config.set_app_name(app);
        let config = config
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http)
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            .stalled_stream_protection(sdk_config::StalledStreamProtectionConfig::disabled())
            .build();
        Ok(Self { config })
    }

    fn for_service(&self, service: &str) -> SdkConfig {
        let url = optional(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| optional("AWS_ENDPOINT_URL"));
        let mut config = self.config.to_builder();
        config.set_endpoint_url(url);
        config.build()
    }

    /// DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.for_service("DYNAMODB"))
    }

    /// SQS.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.for_service("SQS"))
    }

    /// EventBridge Scheduler.
    #[must_use]
    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        aws_sdk_scheduler::Client::new(&self.for_service("SCHEDULER"))
    }

    /// Secrets Manager.
    #[must_use]
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.for_service("SECRETS_MANAGER"))
    }

    /// For a client of a service that sends to people, by its name in `AWS_ENDPOINT_URL_…`. Nothing is tried again: the
    /// senders' schedule does that. A call gets long, because what went out though its answer came too late is repeated.
    #[must_use]
    pub fn provider(&self, service: &str) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(PROVIDER_TIMEOUT)
            .operation_timeout(PROVIDER_TIMEOUT)
            .build();
        let config = self.for_service(service).to_builder().timeout_config(timeouts);
        config.retry_config(RetryConfig::disabled()).build()
    }

    /// `@connections` of the WebSocket API at this URL (`WEBSOCKET_ENDPOINT`). Somebody waits for every post, so it gets
    /// less time than other calls: a try that hangs and one that answers fit.
    #[must_use]
    pub fn connections(&self, endpoint: &str) -> aws_sdk_apigatewaymanagement::Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_millis(1_500))
            .operation_timeout(Duration::from_secs(3))
            .build();
        let retries = RetryConfig::standard().with_max_attempts(2);
        let config = self.config.to_builder().endpoint_url(endpoint).timeout_config(timeouts);
        let config = config.retry_config(retries).build();
        aws_sdk_apigatewaymanagement::Client::new(&config)
    }
}

/// Whom AWS's endpoints are trusted by: the roots of Amazon Trust Services, as AWS asks its clients to
/// (<https://www.amazontrust.com/repository/>). Reading the system's store instead costs each cold start 6 ms
/// (docs/performance.md). The partitions in China are signed by other authorities.
fn trust(region: &str) -> Result<tls::TlsContext, ConfigError> {
    let store = if region.starts_with("cn-") {
        tls::TrustStore::default()
    } else {
        tls::TrustStore::empty().with_pem_certificate(include_bytes!("amazon-roots.pem").as_slice())
    };
    let context = tls::TlsContext::builder().with_trust_store(store).build();
    context.map_err(|_| ConfigError::Invalid { name: "AWS_REGION", problem: "has no usable trust store" })
}
