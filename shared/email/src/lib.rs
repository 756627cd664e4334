//! Emails: what a type's templates and a tenant's layout make of a notification, as HTML, text and MIME. No I/O.
