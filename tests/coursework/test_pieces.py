"""What a file of exercises is made of."""

from minigen.coursework.pieces import Wrong, test


@test(marks=3, public=True, sizes={"rows": 4})
def a_test(student):
    """What is tested.

    And more.
    """
    return {"y": student}


def test_a_function_becomes_a_test_with_marks():
    assert (a_test.name, a_test.title, a_test.marks, a_test.public, a_test.dtype) == (
        "a_test",
        "What is tested",
        3,
        True,
        False,
    )
    assert a_test.function(5) == {"y": 5} and a_test.sizes == {"rows": 4}


def test_a_wrong_answer_may_do_without_a_hint():
    assert Wrong("sign", "a", "-a", 3).hint == ""
