//! An event as SES publishes it: what we read of it.
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use std::collections::BTreeMap;

use serde::Deserialize;

/// One event of one mail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    /// An identity's own notifications have the other name, and none of our tags.
    #[serde(alias = "notificationType")]
    pub(crate) event_type: String,
    pub(crate) mail: Mail,
    pub(crate) bounce: Option<Bounce>,
    pub(crate) complaint: Option<Complaint>,
    pub(crate) delivery: Option<Dated>,
    pub(crate) open: Option<Dated>,
    pub(crate) click: Option<Dated>,
    pub(crate) reject: Option<Reject>,
    pub(crate) delivery_delay: Option<Delay>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mail {
    pub(crate) message_id: String,
    /// When SES took it.
    pub(crate) timestamp: Option<String>,
    /// Whom we sent it to.
    #[serde(default)]
    pub(crate) destination: Vec<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bounce {
    /// `Permanent`, `Transient` or `Undetermined`.
    pub(crate) bounce_type: String,
    pub(crate) bounce_sub_type: Option<String>,
    #[serde(default)]
    pub(crate) bounced_recipients: Vec<Whom>,
    pub(crate) timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Complaint {
    /// As the recipient's provider calls it: `abuse`, `not-spam` and others; most say nothing.
    pub(crate) complaint_feedback_type: Option<String>,
    pub(crate) complaint_sub_type: Option<String>,
    pub(crate) timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Whom {
    /// RFC 3463: `5.1.1`.
    pub(crate) status: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dated {
    pub(crate) timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reject {
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delay {
    pub(crate) delay_type: Option<String>,
    pub(crate) timestamp: Option<String>,
}
