//! What an event means to us.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Channel, Feedback, Millis, NotificationId, SuppressedFor, Suppression, TenantId};

use crate::event::{Event, Mail};

/// Longest detail, in characters: what other providers' servers say is passed on.
const MAX_DETAIL: usize = 64;
/// The most recipients that SES takes for one mail; ours has one.
const MAX_ADDRESSES: usize = 50;

/// Whose mail it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) tenant: TenantId,
    pub(crate) id: NotificationId,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) feedback: Feedback,
    /// When it happened.
    pub(crate) at: Millis,
    /// What is not to be used again, and why.
    pub(crate) suppress: Option<(SuppressedFor, Vec<String>)>,
}

/// Of the tags that send-email gives every mail; None for a mail that another application sent.
pub(crate) fn subject(mail: &Mail) -> Option<Subject> {
    let tag = |name| mail.tags.get(name)?.first();
    let tenant = String::from_utf8(URL_SAFE_NO_PAD.decode(tag("tenant")?).ok()?).ok()?;
    let tenant = TenantId::parse(&tenant).ok()?;
    let id = NotificationId::parse(tag("notification")?).ok()?;
    Some(Subject { tenant, id })
}

/// None where it changes nothing: an event that we do not know, or a complaint taken back.
pub(crate) fn report(event: &Event, now: Millis) -> Option<Report> {
    let (mut happened, mut suppress) = (None, None);
    let feedback = match event.event_type.as_str() {
        "Send" => Feedback::Sent,
        "Delivery" => {
            happened = event.delivery.as_ref().and_then(|it| it.timestamp.as_deref());
            Feedback::Delivered
        }
        "Open" => {
            happened = event.open.as_ref().and_then(|it| it.timestamp.as_deref());
            Feedback::Opened
        }
        "Click" => {
            happened = event.click.as_ref().and_then(|it| it.timestamp.as_deref());
            Feedback::Clicked
        }
        "Bounce" => {
            let bounce = event.bounce.as_ref()?;
            happened = bounce.timestamp.as_deref();
            let hard = bounce.bounce_type == "Permanent";
            let status = bounce.bounced_recipients.first().and_then(|whom| whom.status.as_deref());
            let kind = bounce.bounce_sub_type.as_deref().unwrap_or(&bounce.bounce_type);
            suppress = hard.then(|| (SuppressedFor::HardBounce, addresses(&event.mail)));
            Feedback::Bounced { hard, detail: detail(&[Some(kind), status]) }
        }
        "Complaint" => {
            let complaint = event.complaint.as_ref()?;
            let kind = complaint.complaint_feedback_type.as_deref();
            if kind == Some("not-spam") {
                return None;
            }
            happened = complaint.timestamp.as_deref();
            suppress = Some((SuppressedFor::Complaint, addresses(&event.mail)));
            Feedback::Complained { detail: detail(&[kind.or(complaint.complaint_sub_type.as_deref())]) }
        }
        "Reject" => {
            let reason = event.reject.as_ref().and_then(|it| it.reason.as_deref());
            Feedback::Rejected { detail: detail(&[reason]) }
        }
        "DeliveryDelay" => {
            let delay = event.delivery_delay.as_ref()?;
            happened = delay.timestamp.as_deref();
            Feedback::Delayed { detail: detail(&[delay.delay_type.as_deref()]) }
        }
        _ => return None,
    };
    let happened = happened.or(event.mail.timestamp.as_deref()).and_then(Millis::parse);
    // What is ahead of our clock happened no later than now.
    Some(Report { feedback, at: happened.map_or(now, |at| at.min(now)), suppress })
}

/// Codes only: diagnostics may hold an address.
fn detail(parts: &[Option<&str>]) -> String {
    let said: Vec<&str> = parts.iter().flatten().copied().filter(|part| !part.is_empty()).collect();
    let said = said.join(" ");
    let clean = said.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(MAX_DETAIL);
    let clean = clean.collect::<String>().trim().to_owned();
    if clean.is_empty() || clean.contains('@') { String::from("unspecified") } else { clean }
}

/// Whom we sent it to, and never whom the report names: that is what the receiving server wrote, which may have forwarded the
/// mail to an address that we know nothing of, or may want another's to be suppressed.
fn addresses(mail: &Mail) -> Vec<String> {
    let plain = mail.destination.iter().map(|address| address.trim());
    let plain = plain.filter(|address| Suppression::channel_of(address) == Some(Channel::Email));
    plain.take(MAX_ADDRESSES).map(str::to_owned).collect()
}
