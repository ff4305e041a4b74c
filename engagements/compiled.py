"""Queries that are put together once and then only given their values.

The ORM takes longer to write the statements that every page and every save begins with than the database takes to
answer them.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Found = TypeVar("Found", bound=Model)


class Compiled(Generic[Found]):
    """A query that is built from *stand_ins* once; calling it puts other values in their places.

    The stand-ins must differ from each other and from whatever else the query compares with. A value may not be
    None, which SQL writes differently. Rows that refer to the same row share one object for it.
    """

    def __init__(self, build: Callable[..., QuerySet[Found]], *stand_ins: object) -> None:
        self._build = build
        self._stand_ins = stand_ins

    def __call__(self, *values: object) -> list[Found]:
        """Run it with *values*, in the order of the stand-ins."""
        compiler, sql, places = self._compiled
        with connection.cursor() as cursor:
            params: list[Any] = [param if place is None else values[place] for param, place in places]
            cursor.execute(sql, params)
            rows = cursor.fetchall()
        # As Django's own ModelIterable makes objects of rows.
        about, select = compiler.klass_info, compiler.select
        first, last = about["select_fields"][0], about["select_fields"][-1] + 1
        names = [field.target.attname for field, *_rest in select[first:last]]
        # What is referred to by a key of the row's own, and so may be shared.
        related = [
            (populator, None if info["reverse"] else info["field"])
            for populator, info in zip(
                get_related_populators(about, select, connection.alias),  # type: ignore[call-arg]  # of Django 6
                about.get("related_klass_infos", []),
                strict=True,
            )
        ]
        shared: dict[tuple[Any, object], Any] = {}
        found: list[Found] = []
        for row in compiler.results_iter([rows]):
            one = about["model"].from_db(connection.alias, names, row[first:last])
            for populator, field in related:
                key = (field, row[populator.cols_start + populator.pk_idx])
                if field is not None and key in shared:
                    field.set_cached_value(one, shared[key])
                    continue
                populator.populate(row, one)
                if field is not None:
                    shared[key] = field.get_cached_value(one)
            for name, column in compiler.annotation_col_map.items():
                setattr(one, name, row[column])
            found.append(one)
        return found

    @cached_property
    def _compiled(self) -> tuple[Any, str, list[tuple[object, int | None]]]:
        compiler = self._build(*self._stand_ins).query.get_compiler(connection.alias)
        sql, params = compiler.as_sql()
        places = [
            (param, self._stand_ins.index(param) if param in self._stand_ins else None) for param in params
        ]
        if {place for _param, place in places} - {None} != set(range(len(self._stand_ins))):
            raise RuntimeError(f"a stand-in is missing among {params}")
        return compiler, sql, places
