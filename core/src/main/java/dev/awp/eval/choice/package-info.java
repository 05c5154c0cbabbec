// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which of several continuations a model finds likeliest: multiple-choice questions answered and
 * counted.
 */
package dev.awp.eval.choice;
