import Hummingbird

extension Routes {
  func policy() async -> Response { JSONResponse.make(await view.policy()) }

  /// With the name of the policy that is in use now: an edit of its file may have changed it.
  func about() async -> About {
    var about = view.about
    about.policy = await view.policy().name
    return about
  }
}
