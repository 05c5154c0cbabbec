// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Multiple-choice questions in files: what rows of known tasks stand for, and the list of the tasks
 * that are known. Knows no tokenizer and no model.
 */
package dev.awp.eval.question;
