// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Many models and many recipes, on one machine or many by Apache Spark. What is sent is the words
 * of a command line; core knows nothing of it.
 */
package dev.awp.batch;
