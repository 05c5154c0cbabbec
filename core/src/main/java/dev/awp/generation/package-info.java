// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Some text from a model, to look at. */
package dev.awp.generation;
