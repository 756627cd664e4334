//! What a push service's answer means for the device.

use carillon_domain::{Millis, Reason};
use carillon_egress::{Answer, SendError, retry_after};
use carillon_sender::Failure;
use http::StatusCode;

use crate::reached::Reached;

/// Refusals that are not of the message.
const PASSING: [StatusCode; 3] =
    [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];

/// What an answer means; None for 413, after which a shorter message may go through.
pub(super) fn meaning(answer: &Answer, now: Millis) -> Option<Reached> {
    let status = answer.status;
    // The number only: what a service writes beside it may repeat the endpoint.
    let failure = |reason| Failure::new(reason, status.as_str());
    Some(match status {
        // What it calls the message is a URL by which anybody could delete it, so it is not kept.
        _ if status.is_success() => Reached::Sent(None),
        StatusCode::NOT_FOUND | StatusCode::GONE => Reached::Gone,
        StatusCode::PAYLOAD_TOO_LARGE => return None,
        _ if status.is_server_error() || PASSING.contains(&status) => {
            let asked = retry_after(&answer.headers, now.seconds());
            Reached::Retry(Failure { retry_after: asked, ..failure(Reason::Unavailable) })
        }
        // Redirects too: nobody may send us on to an address that was not checked.
        _ => Reached::Rejected(failure(Reason::Rejected)),
    })
}

/// What no answer means.
pub(super) fn silence(error: &SendError) -> Reached {
    let failure = |reason| Failure::new(reason, error.code());
    match error {
        SendError::Refused(_) => Reached::Rejected(failure(Reason::Rejected)),
        SendError::Connect(_) | SendError::Timeout | SendError::Broken(_) => {
            Reached::Retry(failure(Reason::Unavailable))
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::RETRY_AFTER;

    use super::*;

    fn of(status: u16, retry_after: Option<&str>) -> Option<Reached> {
        let headers = retry_after.map(|value| (RETRY_AFTER, value.parse().unwrap()));
        let headers: HeaderMap = headers.into_iter().collect();
        let status = StatusCode::from_u16(status).unwrap();
        meaning(&Answer { status, headers, body: Vec::new(), complete: true }, Millis(784_111_777_000))
    }

    fn failure(reason: Reason, status: u16, retry_after: Option<i64>) -> Failure {
        Failure { reason, detail: status.to_string(), retry_after }
    }

    #[test]
    fn every_status_means_something() {
        for status in [200, 201, 202, 204] {
            assert_eq!(of(status, None), Some(Reached::Sent(None)), "{status}");
        }
        for status in [404, 410] {
            assert_eq!(of(status, None), Some(Reached::Gone), "{status}");
        }
        assert_eq!(of(413, None), None);
        for status in [301, 302, 307, 308, 400, 401, 403, 405, 406, 418, 422, 451] {
            let rejected = Reached::Rejected(failure(Reason::Rejected, status, None));
            assert_eq!(of(status, Some("5")), Some(rejected), "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            for (header, seconds) in
                [(None, None), (Some("7"), Some(7)), (Some("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10))]
            {
                let retry = Reached::Retry(failure(Reason::Unavailable, status, seconds));
                assert_eq!(of(status, header), Some(retry), "{status} {header:?}");
            }
        }
    }
}
