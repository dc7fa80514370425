"""Tests of planner.kr."""
