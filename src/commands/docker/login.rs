//! `docker login` and `docker logout`.

use super::{LoginArgs, LogoutArgs};
use crate::commands::credentials::{self, DOCKER_HUB};
use crate::commands::{Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, Secret};

/// The user of a job's token; it is known at GitLab's own registry only.
const JOB_TOKEN_USER: &str = "gitlab-ci-token";

/// Asks the registry whether the login is good, and keeps it for later commands.
pub(super) async fn login(
    args: LoginArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<(), Failure> {
    let (user, password, server) = complete(args)?;
    let mut caller = caller.clone();
    caller.credentials.insert(&server, user.clone(), password.clone());
    caller.registry().verify_login(&server).await.map_err(|error| {
        Failure::from(error)
            .while_doing(&format!("login of {user} at {server}"))
            .hint("is the password or token right, and still valid?")
    })?;
    credentials::remember(&caller.state_dir, &server, &user, &password).map_err(|cause| {
        Failure::new(Exit::Internal, format!("the login was not kept: {cause}"))
    })?;
    console.reporter.emit(Event::Output { text: "Login Succeeded".to_owned() });
    Ok(())
}

fn complete(args: LoginArgs) -> Result<(String, Secret, String), Failure> {
    let usage = |message: &str, hint: &str| Err(Failure::new(Exit::Usage, message).hint(hint));
    let server = args.server.filter(|server| !server.is_empty());
    match (args.username, args.password, server) {
        (Some(user), Some(_), None) if user == JOB_TOKEN_USER => usage(
            "no registry is named, and a job's token is no login for Docker Hub",
            "name $CI_REGISTRY last; is the container registry of the GitLab project switched on?",
        ),
        (Some(user), Some(password), server) if !password.expose().is_empty() => {
            Ok((user, password, server.unwrap_or_else(|| DOCKER_HUB.to_owned())))
        }
        (Some(_), Some(_), _) => usage("the password is empty", "is its variable set?"),
        _ => usage(
            "nothing can be asked here: user and password are wanted",
            "echo \"$PASSWORD\" | docker login -u USER --password-stdin REGISTRY",
        ),
    }
}

pub(super) fn logout(
    args: &LogoutArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<(), Failure> {
    let server = args.server.as_deref().unwrap_or(DOCKER_HUB);
    let found = credentials::forget(&caller.state_dir, server).map_err(|cause| {
        Failure::new(Exit::Internal, format!("the login was not removed: {cause}"))
    })?;
    let text = if found {
        format!("Removing login credentials for {server}")
    } else {
        format!("Not logged in to {server}")
    };
    console.reporter.emit(Event::Output { text });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(user: &str, password: &str, server: Option<&str>) -> LoginArgs {
        LoginArgs {
            username: Some(user.to_owned()),
            password: Some(Secret::new(password)),
            server: server.map(str::to_owned),
            ..LoginArgs::default()
        }
    }

    #[test]
    fn a_job_token_is_never_sent_to_docker_hub() {
        let failure = complete(args("gitlab-ci-token", "t", Some(""))).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(complete(args("gitlab-ci-token", "t", Some("registry.example.com"))).is_ok());
    }

    #[test]
    fn an_empty_password_is_refused_before_anybody_is_asked() {
        assert!(complete(args("me", "", None)).is_err());
        assert!(complete(LoginArgs::default()).is_err());
    }
}
