"""Addresses of the shops: the shopkeeper's pages, and the village's pages about shops, goods and cards."""

from django.urls import URLPattern, path

from points import card_views, shop_desk_views, shop_views, statement_views, stock_views

app_name = "shops"
urlpatterns: list[URLPattern] = [
    # --- behind the counter ---
    path("shop/", shop_views.Start.as_view(), name="start"),
    path("shop/day/", stock_views.DaySheet.as_view(), name="day"),
    path("shop/shelf/", stock_views.Shelf.as_view(), name="shelf"),
    path("shop/shelf/<int:pk>/", stock_views.ShelfGoods.as_view(), name="shelf_goods"),
    path("shop/statements/", statement_views.ShopStatements.as_view(), name="statements"),
    path("shop/statements/<int:pk>/", statement_views.Paper.as_view(), name="statement_paper"),
    path("shop/statements/<int:pk>/sign/", statement_views.sign, name="sign"),
    path("shop/<uuid:uuid>/", shop_views.ChooseGoods.as_view(), name="goods"),
    path("shop/<uuid:uuid>/done/", shop_views.Done.as_view(), name="done"),
    path("shop/<uuid:uuid>/undo/", shop_views.Undo.as_view(), name="undo"),
    path("shop/<uuid:uuid>/receipt/", shop_views.Receipt.as_view(), name="receipt"),
    # --- the village's desk ---
    path("desk/shops/", shop_desk_views.Shops.as_view(), name="shops"),
    path("desk/shops/new/", shop_desk_views.New.as_view(), name="new_shop"),
    path("desk/shops/<int:pk>/", shop_desk_views.ShopPage.as_view(), name="shop"),
    path("desk/shops/<int:pk>/facts/", shop_desk_views.describe, name="describe"),
    path("desk/shops/<int:pk>/close/", shop_desk_views.close, name="close"),
    path("desk/shops/<int:pk>/keepers/", shop_desk_views.add_keeper, name="add_keeper"),
    path("desk/shops/keepers/<int:pk>/end/", shop_desk_views.end_keeper, name="end_keeper"),
    path("desk/shops/<int:pk>/goods/", shop_desk_views.add_goods, name="add_goods"),
    path("desk/shops/goods/<int:pk>/", shop_desk_views.GoodsPage.as_view(), name="desk_goods"),
    path("desk/shops/<int:pk>/statements/", shop_desk_views.make_statement, name="make_statement"),
    path("desk/shops/statements/<int:pk>/pay/", shop_desk_views.pay, name="pay"),
    path("desk/shops/redemptions/<int:pk>/undo/", shop_desk_views.undo, name="desk_undo"),
    # --- cards ---
    path("desk/point-cards/", card_views.Cards.as_view(), name="cards"),
    path("desk/point-cards/<int:pk>/", card_views.CardPage.as_view(), name="card"),
    path("desk/point-cards/<int:pk>/issue/", card_views.Issue.as_view(), name="issue"),
    path("desk/point-cards/<int:pk>/voucher/", card_views.WriteVoucher.as_view(), name="write_voucher"),
    path("desk/point-cards/cards/<int:pk>/pin/", card_views.set_pin, name="set_pin"),
    path("desk/point-cards/cards/<int:pk>/revoke/", card_views.revoke, name="revoke"),
    path("desk/point-cards/vouchers/<int:pk>/cancel/", card_views.cancel_voucher, name="cancel_voucher"),
]
