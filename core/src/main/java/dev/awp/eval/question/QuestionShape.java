// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import java.util.List;

/** How the rows of a task hold its questions. */
interface QuestionShape {
  /** The task's name. */
  String name();

  /** Fields of which a row has all, by which it is known. */
  List<String> fields();

  /**
   * The question of a row that has the fields.
   *
   * @throws dev.awp.AwpException where a field holds something else than it should
   */
  Question read(QuestionRow row);
}
