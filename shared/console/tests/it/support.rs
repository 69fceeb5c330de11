//! A console over records in memory, and a browser for it.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use console::{Access, Desk, router};
use tower::ServiceExt as _;

/// The authority at which the console of tests seems to listen.
pub(crate) const HOST: &str = "127.0.0.1:8081";

/// A console, and a browser that was let in.
pub(crate) struct Browser {
    pub(crate) router: Router,
    /// The path and the query of the printed address.
    pub(crate) link: String,
    pub(crate) cookie: String,
    pub(crate) form: String,
}

impl Browser {
    /// Opens a console by the printed address.
    pub(crate) async fn open(desk: Desk, is_read_only: bool) -> Self {
        let access = Access::new(HOST.parse().unwrap(), is_read_only).unwrap();
        let link = access.link().replace(&format!("http://{HOST}"), "");
        let router = router(desk, access);
        let mut browser = Self {
            router,
            link,
            cookie: String::new(),
            form: String::new(),
        };
        let response = browser.send(get(&browser.link)).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/");
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        // Each form of a browser's pages carries the same value.
        let (_, page) = browser.page("/privacy/done?id=1").await;
        let field = page.split_once("name=\"form\" value=\"");
        if let Some((_, form)) = field {
            browser.form = form.split('"').next().unwrap().to_owned();
        }
        browser
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Opens a page, and returns its status and text.
    pub(crate) async fn page(&self, path: &str) -> (StatusCode, String) {
        let mut request = get(path);
        let cookie = self.cookie.parse().unwrap();
        request.headers_mut().insert(header::COOKIE, cookie);
        text(self.send(request).await).await
    }

    /// Submits a form of the console's own.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        text(self.send(self.post(path, fields)).await).await
    }

    /// Returns the post of a form of the console's own.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("form", &self.form).extend_pairs(fields);
        Request::post(path)
            .header(header::HOST, HOST)
            .header(header::ORIGIN, format!("http://{HOST}"))
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.finish()))
            .unwrap()
    }
}

/// Returns a request for a page, by nobody in particular.
pub(crate) fn get(path: &str) -> Request<Body> {
    let request = Request::get(path).header(header::HOST, HOST);
    request.body(Body::empty()).unwrap()
}

/// Reads an answer to its end.
pub(crate) async fn text(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let body = to_bytes(response.into_body(), 64 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}
