//! Keys, roles, tokens, regions.

use crate::clients::{config, in_real_time};
use aws_sdk_ecs::error::ProvideErrorMetadata as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ecs_sim::cloud::{AccessKey, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Role, WebIdentityTrust};
use serde_json::json;

const ROLE: &str = "arn:aws:iam::111122223333:role/release";

fn role() -> Role {
    Role {
        arn: ROLE.into(),
        allow: vec!["ecs:Describe*".into()],
        trusted: vec!["arn:aws:iam::111122223333:user/*".into()],
        web_identity: Some(WebIdentityTrust {
            issuer: "https://gitlab.example.com".into(),
            audience: "sts.amazonaws.com".into(),
            subject: "project_path:group/app:ref_type:tag:ref:*".into(),
        }),
    }
}

fn token(subject: &str, expires_in: f64, now: f64) -> String {
    let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = encode(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = encode(json!({
        "iss": "https://gitlab.example.com",
        "aud": "sts.amazonaws.com",
        "sub": subject,
        "exp": now + expires_in,
    }));
    format!("{header}.{claims}.c2ln")
}

#[tokio::test]
async fn the_caller_is_who_the_key_belongs_to() {
    let cloud = in_real_time().await;
    let identity = cloud.sts.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("111122223333"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::111122223333:user/deployer"));
}

#[tokio::test]
async fn an_unknown_key_is_refused_in_the_words_of_each_service() {
    let cloud = in_real_time().await;
    let wrong = config(&cloud.sim, "AKIANOBODY", None, "ap-northeast-1");
    let error = aws_sdk_sts::Client::new(&wrong).get_caller_identity().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidClientTokenId"));
    let error = aws_sdk_ecs::Client::new(&wrong).list_clusters().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
}

#[tokio::test]
async fn a_key_may_do_what_its_list_allows() {
    let cloud = in_real_time().await;
    let key = AccessKey::new("AKIAREADER", "arn:aws:iam::111122223333:user/reader", &["ecs:List*"]);
    cloud.sim.with(|cloud, _| cloud.add_key(key));
    let config = config(&cloud.sim, "AKIAREADER", None, "ap-northeast-1");
    let ecs = aws_sdk_ecs::Client::new(&config);
    assert_eq!(ecs.list_clusters().send().await.unwrap().cluster_arns().len(), 1);
    let error = ecs.describe_clusters().send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    assert!(error.message().unwrap().contains("user/reader is not authorized to perform"));
}

#[tokio::test]
async fn an_assumed_role_has_keys_of_its_own_that_expire() {
    let cloud = in_real_time().await;
    cloud.sim.with(|cloud, _| cloud.add_role(role()));
    let assumed =
        cloud.sts.assume_role().role_arn(ROLE).role_session_name("job-7").send().await.unwrap();
    let keys = assumed.credentials().unwrap();
    let config =
        config(&cloud.sim, keys.access_key_id(), Some(keys.session_token()), "ap-northeast-1");
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some("arn:aws:sts::111122223333:assumed-role/release/job-7"));
    let ecs = aws_sdk_ecs::Client::new(&config);
    let clusters = ecs.describe_clusters().clusters(EXAMPLE_CLUSTER).send().await.unwrap();
    assert_eq!(clusters.clusters()[0].status(), Some("ACTIVE"));
    cloud.sim.jump(std::time::Duration::from_secs(3601));
    let error = ecs.describe_clusters().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ExpiredTokenException"));
}

#[tokio::test]
async fn a_web_identity_token_is_looked_at_closely() {
    let cloud = in_real_time().await;
    cloud.sim.with(|cloud, _| cloud.add_role(role()));
    let assume = |token: String| {
        cloud
            .sts
            .assume_role_with_web_identity()
            .role_arn(ROLE)
            .role_session_name("job-8")
            .web_identity_token(token)
            .send()
    };
    let now = cloud.sim.now().epoch_seconds();
    let subject = "project_path:group/app:ref_type:tag:ref:2.0.0";
    let assumed = assume(token(subject, 36_000.0, now)).await.unwrap();
    assert_eq!(assumed.subject_from_web_identity_token(), Some(subject));
    let expired = assume(token(subject, -1.0, now)).await.unwrap_err().into_service_error();
    assert!(expired.is_expired_token_exception());
    let malformed = assume("no.token".into()).await.unwrap_err().into_service_error();
    assert!(malformed.is_invalid_identity_token_exception());
    let other = "project_path:group/other:ref_type:tag:ref:1";
    let denied = assume(token(other, 36_000.0, now)).await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDenied"));
    assert!(cloud.sim.calls().iter().all(|call| !call.body.to_string().contains("c2ln")));
}

#[tokio::test]
async fn another_region_is_another_world() {
    let cloud = in_real_time().await;
    let elsewhere = config(&cloud.sim, EXAMPLE_ACCESS_KEY, None, "eu-west-1");
    let ecs = aws_sdk_ecs::Client::new(&elsewhere);
    let asked = ecs.describe_services().cluster(EXAMPLE_CLUSTER).services("release");
    let error = asked.send().await.unwrap_err().into_service_error();
    assert!(error.is_cluster_not_found_exception());
}
