// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.model.InputSite;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/** The moments of input sites, wherever they were taken. Each is asked for once. */
public interface SiteMoments {
  /** What C of a site is the mean of; asked for before C. */
  SeenInputs inputs(InputSite site);

  /**
   * C of a site.
   *
   * @param what the site, for messages
   * @param arena of the result
   */
  Matrix finish(InputSite site, String what, Arena arena);

  /** Takes the drift of a site, where it was summed, for the caller to close. */
  Optional<CrossMoment> takeDrift(InputSite site);

  /**
   * Takes the sum of C over those inputs alone whose drift was summed, where these are not all, for
   * the caller to close.
   */
  Optional<SecondMoment> takeDrifted(InputSite site);

  /** Takes R of a site whose layer's outputs are added to the hidden states, in the same way. */
  Optional<CrossMoment> takeResidual(InputSite site);
}
